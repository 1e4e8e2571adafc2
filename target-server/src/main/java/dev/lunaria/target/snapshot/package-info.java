/** Snapshots, clones and imports: what a LUN held at one instant, and LUNs that begin with it. */
@NullMarked
package dev.lunaria.target.snapshot;

import org.jspecify.annotations.NullMarked;
