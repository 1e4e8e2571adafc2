/** The node's own record at the controller. */
@NullMarked
package dev.lunaria.node.registration;

import org.jspecify.annotations.NullMarked;
