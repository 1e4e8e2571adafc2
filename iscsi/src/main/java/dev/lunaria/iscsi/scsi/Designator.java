package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * A designation descriptor of VPD page 83h (SPC-4 §7.8.6). Immutable.
 *
 * @param codeSet 1 binary, 2 ASCII, 3 UTF-8
 * @param association 0 the logical unit, 1 the target port, 2 the target device
 * @param type 1 T10 vendor id, 3 NAA, 4 relative target port, 5 target port group, 8 SCSI name
 * @param identifier from position to limit, read-only
 */
public record Designator(int codeSet, int association, int type, ByteBuffer identifier) {

    public static final int BINARY = 1;
    public static final int ASCII = 2;
    public static final int UTF_8 = 3;

    public static final int LOGICAL_UNIT = 0;
    public static final int TARGET_PORT = 1;
    public static final int TARGET_DEVICE = 2;

    public static final int T10_VENDOR_ID = 1;
    public static final int NAA = 3;
    public static final int RELATIVE_TARGET_PORT = 4;
    public static final int TARGET_PORT_GROUP = 5;
    public static final int SCSI_NAME = 8;

    private static final int HEADER_BYTES = 4;
    private static final int PROTOCOL_ISCSI = 5;
    private static final int PROTOCOL_VALID = 0x80;
    private static final long NAA_LOCALLY_ASSIGNED = 0x3L << 60;

    /**
     * T10 vendor ID based (SPC-4 §7.8.6.4): vendor, filled up to 8 characters, and what follows.
     */
    public static Designator vendorSpecific(String vendor, String identifier) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + identifier.length());
        AsciiField.put(bytes, 0, 8, vendor, ' ');
        AsciiField.put(bytes, 8, identifier.length(), identifier, ' ');
        return new Designator(ASCII, LOGICAL_UNIT, T10_VENDOR_ID, bytes.asReadOnlyBuffer());
    }

    /** NAA locally assigned (SPC-4 §7.8.6.6.4): 60 bits of the UUID, both halves folded. */
    public static Designator locallyAssigned(UUID id) {
        long folded =
                id.getMostSignificantBits() ^ Long.rotateLeft(id.getLeastSignificantBits(), 29);
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
        bytes.putLong(0, NAA_LOCALLY_ASSIGNED | folded >>> 4);
        return new Designator(BINARY, LOGICAL_UNIT, NAA, bytes.asReadOnlyBuffer());
    }

    /** SCSI name string (SPC-4 §7.8.6.11): UTF-8, ended by NUL, a multiple of four bytes. */
    public static Designator name(int association, String name) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate((utf8.length + 4) & ~3);
        bytes.put(utf8).clear();
        return new Designator(UTF_8, association, SCSI_NAME, bytes.asReadOnlyBuffer());
    }

    /** Relative target port (SPC-4 §7.8.6.7). */
    public static Designator relativePort(int port) {
        return ofPort(RELATIVE_TARGET_PORT, port);
    }

    /** Target port group (SPC-4 §7.8.6.8). */
    public static Designator portGroup(int group) {
        return ofPort(TARGET_PORT_GROUP, group);
    }

    private static Designator ofPort(int type, int number) {
        ByteBuffer bytes = ByteBuffer.allocate(4).putShort(2, (short) number);
        return new Designator(BINARY, TARGET_PORT, type, bytes.asReadOnlyBuffer());
    }

    /** The identifier as text, without NULs behind it. */
    public String text() {
        return StandardCharsets.UTF_8.decode(identifier.duplicate()).toString().replace("\0", "");
    }

    int encodedBytes() {
        return HEADER_BYTES + identifier.remaining();
    }

    void encode(ByteBuffer out) {
        boolean ofTarget = association != LOGICAL_UNIT;
        out.put((byte) (codeSet | (ofTarget ? PROTOCOL_ISCSI << 4 : 0)));
        out.put((byte) (type | association << 4 | (ofTarget ? PROTOCOL_VALID : 0)));
        out.put((byte) 0);
        out.put((byte) identifier.remaining());
        out.put(identifier.duplicate());
    }

    /** Reads one at the position and moves behind it; cut off where the buffer ends. */
    static Designator parse(ByteBuffer in) {
        int codeSet = in.get() & 0x0f;
        int second = in.get();
        in.get();
        int length = Math.min(in.get() & 0xff, in.remaining());
        ByteBuffer identifier = ByteBuffer.allocate(length);
        identifier.put(in.slice(in.position(), length)).clear();
        in.position(in.position() + length);
        return new Designator(
                codeSet, second >> 4 & 0x03, second & 0x0f, identifier.asReadOnlyBuffer());
    }
}
