/** Mounts and bind mounts. */
@NullMarked
package dev.lunaria.node.mount;

import org.jspecify.annotations.NullMarked;
