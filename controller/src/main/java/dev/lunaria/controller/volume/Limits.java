package dev.lunaria.controller.volume;

/**
 * How fast a volume may be used by all nodes together. Immutable.
 *
 * @param operationsPerSecond reads, writes and flushes; 0: no limit
 * @param bytesPerSecond read and written; 0: no limit
 */
public record Limits(long operationsPerSecond, long bytesPerSecond) {

    public static final Limits NONE = new Limits(0, 0);
}
