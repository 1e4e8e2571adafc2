/**
 * Formats a volume once, by the target's format state, and makes a filesystem fit to be mounted.
 */
@NullMarked
package dev.lunaria.node.format;

import org.jspecify.annotations.NullMarked;
