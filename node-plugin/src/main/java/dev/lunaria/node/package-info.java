/** The node plugin: CSI Identity and Node. */
@NullMarked
package dev.lunaria.node;

import org.jspecify.annotations.NullMarked;
