/**
 * The cluster of nodes that share filesystems, as this node's kernel knows it: OCFS2 with its stack
 * o2cb.
 */
@NullMarked
package dev.lunaria.node.cluster;

import org.jspecify.annotations.NullMarked;
