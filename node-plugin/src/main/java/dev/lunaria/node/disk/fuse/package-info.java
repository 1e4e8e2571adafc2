/** A FUSE server for one regular file per mount, whose bytes come from a BlockIo. */
@NullMarked
package dev.lunaria.node.disk.fuse;

import org.jspecify.annotations.NullMarked;
