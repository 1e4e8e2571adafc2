package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;

/**
 * How fast a LUN may be used, all its nexuses together. Immutable.
 *
 * @param operationsPerSecond reads, writes and flushes; 0: no limit
 * @param bytesPerSecond read and written; 0: no limit
 */
public record LunLimits(long operationsPerSecond, long bytesPerSecond) {

    public static final LunLimits NONE = new LunLimits(0, 0);

    /** Below this a filesystem would take minutes to mount. */
    public static final long LEAST_OPERATIONS = 10;

    /** A single command may carry so much, in bytes. */
    public static final long LEAST_BYTES = 1L << 20;

    /**
     * Checks what is asked for.
     *
     * @throws RefusedException INVALID for limits under which it couldn't be used at all
     */
    void check() throws RefusedException {
        check("operations", operationsPerSecond, LEAST_OPERATIONS);
        check("bytes", bytesPerSecond, LEAST_BYTES);
    }

    private static void check(String what, long limit, long least) throws RefusedException {
        if (limit < 0 || (limit > 0 && limit < least)) {
            throw new RefusedException(
                    Reason.INVALID,
                    "a limit of %s %s a second is too small to work with: set at least %d, or 0 for no limit"
                            .formatted(Long.toUnsignedString(limit), what, least));
        }
    }
}
