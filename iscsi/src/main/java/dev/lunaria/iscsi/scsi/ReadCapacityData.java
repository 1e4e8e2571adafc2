package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/**
 * READ CAPACITY data (SBC-3 §5.15.2, §5.16.2). Immutable.
 *
 * @param lastLba address of the last logical block
 * @param blockBytes logical block length in bytes
 * @param physicalBlockExponent one physical block is 2^n logical ones
 * @param lowestAlignedLba first logical block at the start of a physical one
 * @param thin LBPME: logical block provisioning management is enabled
 * @param unmappedReadsZeros LBPRZ
 */
public record ReadCapacityData(
        long lastLba,
        int blockBytes,
        int physicalBlockExponent,
        int lowestAlignedLba,
        boolean thin,
        boolean unmappedReadsZeros) {

    /** Length of READ CAPACITY(10) data in bytes. */
    public static final int BYTES_10 = 8;

    /** Length of READ CAPACITY(16) data in bytes. */
    public static final int BYTES_16 = 32;

    /** What READ CAPACITY(10) says where the last address needs more than 32 bits. */
    public static final int TOO_LARGE_FOR_10 = 0xffffffff;

    /** 8 bytes, from position 0 to limit. */
    public ByteBuffer encode10() {
        int last = lastLba >>> Integer.SIZE != 0 ? TOO_LARGE_FOR_10 : (int) lastLba;
        return ByteBuffer.allocate(BYTES_10).putInt(0, last).putInt(4, blockBytes);
    }

    /** 32 bytes, from position 0 to limit. */
    public ByteBuffer encode16() {
        ByteBuffer out = ByteBuffer.allocate(BYTES_16);
        out.putLong(0, lastLba);
        out.putInt(8, blockBytes);
        out.put(13, (byte) physicalBlockExponent);
        out.putShort(
                14,
                (short)
                        (lowestAlignedLba
                                | (thin ? 0x8000 : 0)
                                | (unmappedReadsZeros ? 0x4000 : 0)));
        return out;
    }

    /**
     * Reads READ CAPACITY(16) data.
     *
     * @param data from position to limit; what is cut off reads as zeros
     */
    public static ReadCapacityData parse16(ByteBuffer data) {
        ByteBuffer in = AsciiField.atLeast(data, BYTES_16);
        int tail = in.getShort(14);
        return new ReadCapacityData(
                in.getLong(0),
                in.getInt(8),
                in.get(13) & 0x0f,
                tail & 0x3fff,
                (tail & 0x8000) != 0,
                (tail & 0x4000) != 0);
    }

    /** Size of the logical unit in bytes. */
    public long bytes() {
        return Math.multiplyExact(lastLba + 1, (long) blockBytes);
    }
}
