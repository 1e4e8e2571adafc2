package dev.lunaria.node.disk.fuse;

/**
 * How a FUSE file is served.
 *
 * @param readOnly writes are refused with EROFS
 * @param queueDepth reads and writes that the kernel keeps under way at once, 1 to 1024
 * @param maxRequestBytes the largest read or write, 8 KiB (FUSE_MIN_READ_BUFFER) to 1 MiB, a
 *     multiple of 4 KiB
 */
public record FuseOptions(boolean readOnly, int queueDepth, int maxRequestBytes) {

    /** Read and write, 32 at once of at most 256 KiB: at most 9 MiB of buffers. */
    public static final FuseOptions DEFAULT = new FuseOptions(false, 32, 256 << 10);

    public FuseOptions {
        require(queueDepth >= 1 && queueDepth <= 1024, "queueDepth", queueDepth);
        require(
                maxRequestBytes >= 2 * FuseProtocol.PAGE
                        && maxRequestBytes <= 1 << 20
                        && maxRequestBytes % FuseProtocol.PAGE == 0,
                "maxRequestBytes",
                maxRequestBytes);
    }

    /** The same for a disk that is only read. */
    public FuseOptions asReadOnly(boolean wanted) {
        return new FuseOptions(wanted, queueDepth, maxRequestBytes);
    }

    private static void require(boolean holds, String name, int value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " out of range: " + value);
        }
    }
}
