/** What can go wrong with a volume on a node. */
@NullMarked
package dev.lunaria.node.failure;

import org.jspecify.annotations.NullMarked;
