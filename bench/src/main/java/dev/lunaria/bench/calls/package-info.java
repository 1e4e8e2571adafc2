/** How long CSI calls take, from the real programs. */
@NullMarked
package dev.lunaria.bench.calls;

import org.jspecify.annotations.NullMarked;
