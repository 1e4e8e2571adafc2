/** The user-space disk: a block device in the kernel whose bytes come from this process. */
@NullMarked
package dev.lunaria.node.disk;

import org.jspecify.annotations.NullMarked;
