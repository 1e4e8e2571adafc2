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

    /** One physical block is 2^n logical ones. */
    int physicalExponent() {
        return Integer.numberOfTrailingZeros(physicalBytes / logicalBytes);
    }
}
