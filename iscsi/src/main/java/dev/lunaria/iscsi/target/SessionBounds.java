package dev.lunaria.iscsi.target;

/**
 * What one session may take of the server. Immutable.
 *
 * @param queueDepth how many non-immediate commands may be in flight: the width of the CmdSN window
 * @param dataOutBytes Data-Out memory that its commands may hold at once, in bytes
 */
public record SessionBounds(int queueDepth, int dataOutBytes) {

    /** Deep enough for Linux (cmds_max 128); 16 writes of 1 MiB at once. */
    public static final SessionBounds DEFAULT = new SessionBounds(128, 16 << 20);

    public SessionBounds {
        if (queueDepth < 1 || queueDepth > 4096 || dataOutBytes < 1) {
            throw new IllegalArgumentException("queue depth 1 to 4096, some memory");
        }
    }
}
