/** Who may log in to a LUN, and how that ends: grants with epochs, and the fence. */
@NullMarked
package dev.lunaria.target.grant;

import org.jspecify.annotations.NullMarked;
