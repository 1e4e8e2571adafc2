/** Raw block devices: shared by nodes, only read, of one pod alone. */
@NullMarked
package dev.lunaria.e2e.raw;

import org.jspecify.annotations.NullMarked;
