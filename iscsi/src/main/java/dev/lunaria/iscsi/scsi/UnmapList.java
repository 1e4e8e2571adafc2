package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameter list of UNMAP (SBC-3 §5.28.2). Immutable; bounded by the 16-bit length of its CDB
 * field: 4095 descriptors.
 *
 * @param extents in the order sent
 */
public record UnmapList(List<Extent> extents) {
    private static final int HEADER_BYTES = 8;
    private static final int DESCRIPTOR_BYTES = 16;

    /** Logical blocks; both unsigned, {@code blocks} of 32 bits. */
    public record Extent(long lba, long blocks) {}

    public UnmapList {
        extents = List.copyOf(extents);
    }

    /** Length of the encoded list in bytes. */
    public int encodedBytes() {
        return HEADER_BYTES + DESCRIPTOR_BYTES * extents.size();
    }

    /** From position 0 to limit. */
    public ByteBuffer encode() {
        int bytes = encodedBytes();
        ByteBuffer out = ByteBuffer.allocate(bytes);
        out.putShort(0, (short) (bytes - 2));
        out.putShort(2, (short) (bytes - HEADER_BYTES));
        int at = HEADER_BYTES;
        for (Extent extent : extents) {
            out.putLong(at, extent.lba()).putInt(at + 8, (int) extent.blocks());
            at += DESCRIPTOR_BYTES;
        }
        return out;
    }

    /**
     * Reads a list; a descriptor that is cut off is ignored (SBC-3 §5.28.2).
     *
     * @param data from position to limit; not moved
     * @throws CheckCondition PARAMETER LIST LENGTH ERROR: shorter than its header
     */
    public static UnmapList parse(ByteBuffer data) throws CheckCondition {
        ByteBuffer in = data.slice();
        if (!in.hasRemaining()) {
            return new UnmapList(List.of());
        }
        if (in.remaining() < HEADER_BYTES) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
        }
        int end = Math.min(in.limit(), HEADER_BYTES + (in.getShort(2) & 0xffff));
        var extents = new ArrayList<Extent>();
        for (int at = HEADER_BYTES; at + DESCRIPTOR_BYTES <= end; at += DESCRIPTOR_BYTES) {
            extents.add(new Extent(in.getLong(at), Integer.toUnsignedLong(in.getInt(at + 8))));
        }
        return new UnmapList(extents);
    }
}
