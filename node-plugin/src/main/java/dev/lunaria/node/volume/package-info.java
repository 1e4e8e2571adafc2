/** Staging and publishing: what a volume is on this node. */
@NullMarked
package dev.lunaria.node.volume;

import org.jspecify.annotations.NullMarked;
