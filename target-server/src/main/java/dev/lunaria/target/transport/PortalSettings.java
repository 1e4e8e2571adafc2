package dev.lunaria.target.transport;

import java.time.Duration;

/**
 * Limits of a {@link PortalServer}.
 *
 * @param eventLoops how many event loops carry all connections
 * @param maxConnections over all portals; one more is closed as it comes
 * @param loginTimeout within which a connection reaches the full-feature phase
 * @param pingInterval a connection that was silent for so long is asked for a sign of life, and
 *     closed after as long again
 * @param dataOutBytes memory for Data-Out over all sessions
 */
public record PortalSettings(
        int eventLoops,
        int maxConnections,
        Duration loginTimeout,
        Duration pingInterval,
        long dataOutBytes) {

    /** Bytes taken from a socket in one read. */
    static final int READ_BYTES = 128 << 10;

    /** Outbound bytes at which a connection is read again. */
    static final int LOW_WATER = 256 << 10;

    /** Outbound bytes beyond which a connection is not read. */
    static final int HIGH_WATER = 1 << 20;

    /** How long a connection that this side closes may take to read the last answer. */
    static final Duration LINGER = Duration.ofSeconds(2);

    public PortalSettings {
        if (eventLoops < 1 || maxConnections < 1 || dataOutBytes < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
        if (!loginTimeout.isPositive() || !pingInterval.isPositive()) {
            throw new IllegalArgumentException("times must be positive");
        }
    }

    /** What a server has where nothing else is set. */
    public static PortalSettings defaults() {
        return new PortalSettings(
                Runtime.getRuntime().availableProcessors(),
                8192,
                Duration.ofSeconds(15),
                Duration.ofSeconds(30),
                256L << 20);
    }
}
