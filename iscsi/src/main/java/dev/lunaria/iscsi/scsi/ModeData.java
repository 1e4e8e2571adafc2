package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Mode parameter list: header, block descriptor and pages (SPC-4 §7.5.4–7.5.7, SBC-3 §6.4.2–6.4.4).
 * Immutable.
 *
 * @param writeProtected WP
 * @param dpoAndFua DPOFUA: READ and WRITE take DPO and FUA
 * @param blockDescriptor empty, or 8 or 16 bytes
 * @param pages one behind the other
 */
public record ModeData(
        boolean writeProtected, boolean dpoAndFua, ByteBuffer blockDescriptor, ByteBuffer pages) {

    private static final int HEADER_6_BYTES = 4;
    private static final int HEADER_10_BYTES = 8;
    private static final int WRITE_PROTECTED = 0x80;
    private static final int DPO_AND_FUA = 0x10;

    /**
     * Short block descriptor (SBC-3 §6.4.3.2): number of blocks, at most FFFFFFFFh; block length.
     */
    public static ByteBuffer shortDescriptor(long blocks, int blockBytes) {
        return ByteBuffer.allocate(8)
                .putInt(0, (int) Math.min(blocks, 0xffffffffL))
                .putInt(4, blockBytes);
    }

    /** Long block descriptor (SBC-3 §6.4.3.3), where LLBAA was set. */
    public static ByteBuffer longDescriptor(long blocks, int blockBytes) {
        return ByteBuffer.allocate(16).putLong(0, blocks).putInt(12, blockBytes);
    }

    /** As MODE SENSE(6) answers: from position 0 to limit. */
    public ByteBuffer encode6() {
        int length = HEADER_6_BYTES + blockDescriptor.remaining() + pages.remaining();
        return ByteBuffer.allocate(length)
                .put((byte) (length - 1))
                .put((byte) 0)
                .put((byte) deviceSpecific())
                .put((byte) blockDescriptor.remaining())
                .put(blockDescriptor.duplicate())
                .put(pages.duplicate())
                .clear();
    }

    /** As MODE SENSE(10) answers: from position 0 to limit. */
    public ByteBuffer encode10() {
        int length = HEADER_10_BYTES + blockDescriptor.remaining() + pages.remaining();
        return ByteBuffer.allocate(length)
                .putShort((short) (length - 2))
                .put((byte) 0)
                .put((byte) deviceSpecific())
                .put((byte) (blockDescriptor.remaining() > 8 ? 1 : 0))
                .put((byte) 0)
                .putShort((short) blockDescriptor.remaining())
                .put(blockDescriptor.duplicate())
                .put(pages.duplicate())
                .clear();
    }

    private int deviceSpecific() {
        return (writeProtected ? WRITE_PROTECTED : 0) | (dpoAndFua ? DPO_AND_FUA : 0);
    }

    /**
     * Reads what MODE SENSE(6) answered or MODE SELECT(6) carries.
     *
     * @throws IllegalArgumentException it is shorter than its own header and descriptor
     */
    public static ModeData parse6(ByteBuffer data) {
        ByteBuffer in = data.slice();
        require(in, HEADER_6_BYTES);
        return parse(in, HEADER_6_BYTES, in.get(2), in.get(3) & 0xff);
    }

    /**
     * Reads what MODE SENSE(10) answered or MODE SELECT(10) carries.
     *
     * @throws IllegalArgumentException it is shorter than its own header and descriptor
     */
    public static ModeData parse10(ByteBuffer data) {
        ByteBuffer in = data.slice();
        require(in, HEADER_10_BYTES);
        return parse(in, HEADER_10_BYTES, in.get(3), in.getShort(6) & 0xffff);
    }

    private static ModeData parse(ByteBuffer in, int header, int flags, int descriptorBytes) {
        require(in, header + descriptorBytes);
        int pagesAt = header + descriptorBytes;
        return new ModeData(
                (flags & WRITE_PROTECTED) != 0,
                (flags & DPO_AND_FUA) != 0,
                in.slice(header, descriptorBytes),
                in.slice(pagesAt, in.limit() - pagesAt));
    }

    private static void require(ByteBuffer in, int bytes) {
        if (in.remaining() < bytes) {
            throw new IllegalArgumentException("mode parameter list cut off at " + in.remaining());
        }
    }

    /** The page of a code, from its page code on; empty where it isn't there. */
    public Optional<ByteBuffer> page(int code) {
        int at = pages.position();
        while (at + 2 <= pages.limit()) {
            int length = Math.min(2 + (pages.get(at + 1) & 0xff), pages.limit() - at);
            if ((pages.get(at) & 0x7f) == code) {
                return Optional.of(pages.slice(at, length));
            }
            at += length;
        }
        return Optional.empty();
    }
}
