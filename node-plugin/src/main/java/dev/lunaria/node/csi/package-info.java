/** CSI Node: the edge, its validation and its error map. */
@NullMarked
package dev.lunaria.node.csi;

import org.jspecify.annotations.NullMarked;
