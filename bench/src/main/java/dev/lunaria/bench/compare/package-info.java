/** Side-by-side measurements: the same works on ours and on a peer, in turns, as ratios. */
@NullMarked
package dev.lunaria.bench.compare;

import org.jspecify.annotations.NullMarked;
