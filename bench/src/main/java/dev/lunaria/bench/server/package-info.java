/**
 * The servers that are measured: ours and the peer, as processes of their own, and what they use.
 */
@NullMarked
package dev.lunaria.bench.server;

import org.jspecify.annotations.NullMarked;
