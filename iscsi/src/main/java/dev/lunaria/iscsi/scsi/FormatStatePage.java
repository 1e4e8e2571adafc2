package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Vendor VPD page C0h, "format state": what is on a logical unit, as far as it decides whether this
 * nexus may format it. Immutable; at most 303 bytes on the wire.
 *
 * <p>An initiator asks for it with an allocation length of 512. It is not cached: each INQUIRY
 * shows the state of its moment.
 *
 * <table>
 *   <caption>Layout; numbers are big-endian</caption>
 *   <tr><th>byte</th><th>content</th></tr>
 *   <tr><td>0</td><td>peripheral qualifier and device type, as everywhere</td></tr>
 *   <tr><td>1</td><td>page code C0h</td></tr>
 *   <tr><td>2–3</td><td>page length: bytes that follow</td></tr>
 *   <tr><td>4</td><td>version of this layout: 1</td></tr>
 *   <tr><td>5</td><td>state: 1 BLANK, 2 FORMATTING, 3 READY</td></tr>
 *   <tr><td>6</td><td>bit 0 MINE: in FORMATTING, the owner is this nexus's grant;
 *       bit 1 OWNER FENCED: in FORMATTING, the owner's grant is gone, it may be taken over</td></tr>
 *   <tr><td>7</td><td>reserved</td></tr>
 *   <tr><td>8–15</td><td>generation: raised by every change; compared by the command C1h</td></tr>
 *   <tr><td>16–23</td><td>how often FORMATTING was entered in the life of the unit</td></tr>
 *   <tr><td>24–39</td><td>filesystem made or being made: ASCII, filled up with NULs; all NUL in BLANK
 *       and where READY came from a plain write</td></tr>
 *   <tr><td>40–47</td><td>in FORMATTING: epoch of the owner's grant</td></tr>
 *   <tr><td>48–49</td><td>length n of the owner's node name</td></tr>
 *   <tr><td>50–(49+n)</td><td>in FORMATTING: the owner's node name, UTF-8</td></tr>
 * </table>
 *
 * @param generation unsigned
 * @param formattingEntries unsigned
 * @param filesystem at most 16 ASCII characters
 * @param ownerNode at most 253 bytes in UTF-8
 */
public record FormatStatePage(
        State state,
        boolean mine,
        boolean ownerFenced,
        long generation,
        long formattingEntries,
        String filesystem,
        long ownerEpoch,
        String ownerNode)
        implements VpdPage {

    public static final int CODE = 0xc0;

    /** Version of the layout. */
    public static final int VERSION = 1;

    /** Longest filesystem name in bytes. */
    public static final int FILESYSTEM_BYTES = 16;

    /** Longest node name in bytes: a DNS name's. */
    public static final int MAX_NODE_BYTES = 253;

    private static final int NODE_AT = 50;
    private static final int MINE = 0x01;
    private static final int OWNER_FENCED = 0x02;

    /** The state of a logical unit. */
    public enum State {
        /** Never written. */
        BLANK(1),
        /** The owner runs mkfs. */
        FORMATTING(2),
        /** Holds data. */
        READY(3);

        private final int code;

        State(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** READY where the code is unknown: nobody formats what he doesn't understand. */
        static State of(int code) {
            for (State state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            return READY;
        }
    }

    @Override
    public int code() {
        return CODE;
    }

    @Override
    public ByteBuffer encode() {
        byte[] node = ownerNode.getBytes(StandardCharsets.UTF_8);
        int nodeBytes = Math.min(node.length, MAX_NODE_BYTES);
        ByteBuffer out = ByteBuffer.allocate(NODE_AT + nodeBytes);
        out.put(1, (byte) CODE);
        out.putShort(2, (short) (out.limit() - HEADER_BYTES));
        out.put(4, (byte) VERSION);
        out.put(5, (byte) state.code());
        out.put(6, (byte) ((mine ? MINE : 0) | (ownerFenced ? OWNER_FENCED : 0)));
        out.putLong(8, generation);
        out.putLong(16, formattingEntries);
        AsciiField.put(out, 24, FILESYSTEM_BYTES, filesystem, '\0');
        out.putLong(40, ownerEpoch);
        out.putShort(48, (short) nodeBytes);
        out.put(NODE_AT, node, 0, nodeBytes);
        return out;
    }

    /**
     * Reads the page from its header on.
     *
     * @throws IllegalArgumentException it isn't this page, is cut off, or of another version
     */
    public static FormatStatePage parse(ByteBuffer data) {
        ByteBuffer in = data.slice();
        if (in.remaining() < NODE_AT
                || (in.get(1) & 0xff) != CODE
                || in.get(4) != VERSION
                || in.remaining() < NODE_AT + (in.getShort(48) & 0xffff)) {
            throw new IllegalArgumentException("not a format state page of version " + VERSION);
        }
        byte[] node = new byte[in.getShort(48) & 0xffff];
        in.get(NODE_AT, node);
        return new FormatStatePage(
                State.of(in.get(5) & 0xff),
                (in.get(6) & MINE) != 0,
                (in.get(6) & OWNER_FENCED) != 0,
                in.getLong(8),
                in.getLong(16),
                AsciiField.get(in, 24, FILESYSTEM_BYTES),
                in.getLong(40),
                new String(node, StandardCharsets.UTF_8));
    }
}
