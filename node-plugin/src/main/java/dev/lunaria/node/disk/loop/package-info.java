/** A loop device with direct I/O over a FUSE file. */
@NullMarked
package dev.lunaria.node.disk.loop;

import org.jspecify.annotations.NullMarked;
