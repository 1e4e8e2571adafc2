/** A load generator made of our own initiator: sessions, slots, latencies, verification. */
@NullMarked
package dev.lunaria.bench.load;

import org.jspecify.annotations.NullMarked;
