/** Where volumes go: a pool is chosen, and written down before it is called. */
@NullMarked
package dev.lunaria.controller.placement;

import org.jspecify.annotations.NullMarked;
