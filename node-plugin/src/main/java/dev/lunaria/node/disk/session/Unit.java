package dev.lunaria.node.disk.session;

/**
 * What a logical unit says of itself. Immutable.
 *
 * @param serialNumber unit serial number (VPD page 80h)
 * @param sizeBytes size
 * @param blockBytes logical block size
 * @param writeProtected whether it takes no writes
 * @param maxTransferBytes the longest READ or WRITE
 * @param maxZeroBytes the longest WRITE SAME
 * @param unmapsByWriteSame whether WRITE SAME(16) may carry UNMAP, and zeros are read then
 */
public record Unit(
        String serialNumber,
        long sizeBytes,
        int blockBytes,
        boolean writeProtected,
        int maxTransferBytes,
        long maxZeroBytes,
        boolean unmapsByWriteSame) {

    Unit withSize(long bytes) {
        return new Unit(
                serialNumber,
                bytes,
                blockBytes,
                writeProtected,
                maxTransferBytes,
                maxZeroBytes,
                unmapsByWriteSame);
    }

    /** Whether one that was seen before can have become this one: it may only have grown. */
    boolean succeeds(Unit before) {
        return serialNumber.equals(before.serialNumber)
                && blockBytes == before.blockBytes
                && sizeBytes >= before.sizeBytes;
    }
}
