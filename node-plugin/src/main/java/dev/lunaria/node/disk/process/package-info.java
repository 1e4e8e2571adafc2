/** The data process: the service through which a node plugin attaches user-space disks. */
@NullMarked
package dev.lunaria.node.disk.process;

import org.jspecify.annotations.NullMarked;
