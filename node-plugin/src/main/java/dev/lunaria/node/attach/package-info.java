/** Block devices of volumes: attach, detach, and the format state. */
@NullMarked
package dev.lunaria.node.attach;

import org.jspecify.annotations.NullMarked;
