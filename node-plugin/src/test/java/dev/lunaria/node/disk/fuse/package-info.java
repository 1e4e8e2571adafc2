/** Tests of the FUSE server. */
@NullMarked
package dev.lunaria.node.disk.fuse;

import org.jspecify.annotations.NullMarked;
