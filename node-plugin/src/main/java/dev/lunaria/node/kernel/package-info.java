/** Calls that may block in the kernel, on bounded threads and with a deadline. */
@NullMarked
package dev.lunaria.node.kernel;

import org.jspecify.annotations.NullMarked;
