package dev.lunaria.target.device;

/**
 * Block lengths of a logical unit; fixed for its life. Immutable.
 *
 * @param logicalBytes a power of two, at least 512
 * @param physicalBytes a power of two, at least {@code logicalBytes}
 */
public record BlockGeometry(int logicalBytes, int physicalBytes) {

    /** 512e: what nearly every disk is today. */
    public static final BlockGeometry EMULATED_512 = new BlockGeometry(512, 4096);

    private static final int SMALLEST = 512;
    private static final int THRESHOLD_SET_BYTES = 1 << 20;

    public BlockGeometry {
        if (Integer.bitCount(logicalBytes) != 1
                || Integer.bitCount(physicalBytes) != 1
                || logicalBytes < SMALLEST
                || physicalBytes < logicalBytes) {
            throw new IllegalArgumentException(logicalBytes + " and " + physicalBytes);
        }
    }

    /** The geometry of a logical block length, with physical blocks of at least 4096 bytes. */
    public static BlockGeometry of(int logicalBytes) {
        return new BlockGeometry(logicalBytes, Math.max(logicalBytes, 4096));
    }

    /** So many logical blocks are in so many bytes. */
    long blocks(long bytes) {
        return bytes / logicalBytes;
    }

    /** Thresholds of space count sets of 2^n logical blocks, which are 1 MiB. */
    int thresholdExponent() {
        return Integer.numberOfTrailingZeros(THRESHOLD_SET_BYTES / logicalBytes);
    }

    /** So many whole sets are in so many bytes. */
    static long thresholdSets(long bytes) {
        return bytes / THRESHOLD_SET_BYTES;
    }

    /** One physical block is 2^n logical ones. */
    int physicalExponent() {
        return Integer.numberOfTrailingZeros(physicalBytes / logicalBytes);
    }
}
