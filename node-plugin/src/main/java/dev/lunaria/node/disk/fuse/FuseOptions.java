package dev.lunaria.node.disk.fuse;

/**
 * How a FUSE file is served.
 *
 * @param readOnly writes are refused with EROFS
 * @param queueDepth reads and writes that the kernel keeps under way at once, 1 to 1024
 * @param readers threads that take requests from the kernel, 1 or 2
 * @param maxRequestBytes the largest read or write, 4 KiB to 1 MiB, a multiple of 4 KiB
 */
public record FuseOptions(boolean readOnly, int queueDepth, int readers, int maxRequestBytes) {

    /** Read and write, 32 at once of at most 256 KiB, one reader: at most 9 MiB of buffers. */
    public static final FuseOptions DEFAULT = new FuseOptions(false, 32, 1, 256 << 10);

    static final int MAX_READERS = 2;

    public FuseOptions {
        require(queueDepth >= 1 && queueDepth <= 1024, "queueDepth", queueDepth);
        require(readers >= 1 && readers <= MAX_READERS, "readers", readers);
        require(
                maxRequestBytes >= FuseProtocol.PAGE
                        && maxRequestBytes <= 1 << 20
                        && maxRequestBytes % FuseProtocol.PAGE == 0,
                "maxRequestBytes",
                maxRequestBytes);
    }

    /** The same for a disk that is only read. */
    public FuseOptions asReadOnly(boolean wanted) {
        return new FuseOptions(wanted, queueDepth, readers, maxRequestBytes);
    }

    private static void require(boolean holds, String name, int value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " out of range: " + value);
        }
    }
}
