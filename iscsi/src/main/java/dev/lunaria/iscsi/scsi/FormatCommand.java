package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/**
 * Parameter list of the vendor command C1h, "format state": a change of the format state by
 * compare-and-set. Immutable; 64 bytes on the wire.
 *
 * <p>The CDB has 16 bytes: 0 operation code C1h; 1 service action in bits 0–4: 1 BEGIN, 2 FINISH;
 * 2–9 reserved; 10–13 parameter list length: 64; 14–15 reserved.
 *
 * <table>
 *   <caption>Parameter list; numbers are big-endian</caption>
 *   <tr><th>byte</th><th>content</th></tr>
 *   <tr><td>0</td><td>version of this layout: 1</td></tr>
 *   <tr><td>1–7</td><td>reserved</td></tr>
 *   <tr><td>8–15</td><td>generation that the initiator saw in page C0h</td></tr>
 *   <tr><td>16–31</td><td>filesystem: ASCII, filled up with NULs. BEGIN: what will be made, not empty.
 *       FINISH: what was made, or all NUL</td></tr>
 *   <tr><td>32–63</td><td>reserved</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Answers</caption>
 *   <tr><th>answer</th><th>meaning</th></tr>
 *   <tr><td>GOOD</td><td>done, durably. After BEGIN the whole unit reads as zeros. FINISH has flushed
 *       first</td></tr>
 *   <tr><td>MISCOMPARE 0Eh/1Dh/00h</td><td>the generation is another: read page C0h again</td></tr>
 *   <tr><td>DATA PROTECT 07h/27h/02h</td><td>BEGIN: somebody else is formatting, and isn't fenced</td>
 *   </tr>
 *   <tr><td>DATA PROTECT 07h/27h/05h</td><td>BEGIN: the unit is READY, nobody formats it any more</td>
 *   </tr>
 *   <tr><td>DATA PROTECT 07h/27h/00h</td><td>the grant is read-only</td></tr>
 *   <tr><td>ILLEGAL REQUEST 05h/2Ch/00h</td><td>FINISH: this nexus's grant isn't formatting</td></tr>
 *   <tr><td>ILLEGAL REQUEST 05h/26h/00h</td><td>version, filesystem or a reserved byte is wrong</td></tr>
 *   <tr><td>ILLEGAL REQUEST 05h/1Ah/00h</td><td>the parameter list isn't 64 bytes long</td></tr>
 *   <tr><td>HARDWARE ERROR 04h/44h/00h</td><td>a flush failed</td></tr>
 *   <tr><td>MEDIUM ERROR 03h/0Ch/00h, BUSY</td><td>the state can't be kept, or the target is stopping</td></tr>
 * </table>
 *
 * @param generation expected, unsigned
 * @param filesystem at most 16 ASCII characters
 */
public record FormatCommand(long generation, String filesystem) {

    /** Length of the parameter list in bytes. */
    public static final int BYTES = 64;

    /** Version of the layout. */
    public static final int VERSION = 1;

    private static final int GENERATION_AT = 8;
    private static final int FILESYSTEM_AT = 16;
    private static final int RESERVED_FROM = FILESYSTEM_AT + FormatStatePage.FILESYSTEM_BYTES;

    /** CDB of BEGIN. */
    public static Cdb.FormatStateOut begin() {
        return new Cdb.FormatStateOut(OperationCode.FORMAT_STATE_BEGIN, BYTES);
    }

    /** CDB of FINISH. */
    public static Cdb.FormatStateOut finish() {
        return new Cdb.FormatStateOut(OperationCode.FORMAT_STATE_FINISH, BYTES);
    }

    /** 64 bytes, from position 0 to limit. */
    public ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.put(0, (byte) VERSION);
        out.putLong(GENERATION_AT, generation);
        AsciiField.put(out, FILESYSTEM_AT, FormatStatePage.FILESYSTEM_BYTES, filesystem, '\0');
        return out;
    }

    /**
     * Reads a parameter list.
     *
     * @param list from position to limit; not moved
     * @throws CheckCondition PARAMETER LIST LENGTH ERROR or INVALID FIELD IN PARAMETER LIST
     */
    public static FormatCommand parse(ByteBuffer list) throws CheckCondition {
        ByteBuffer in = list.slice();
        if (in.remaining() != BYTES) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
        }
        if (in.get(0) != VERSION) {
            throw new CheckCondition(SenseData.invalidParameter(0, -1));
        }
        refuseSet(in, 1, GENERATION_AT);
        refuseSet(in, RESERVED_FROM, BYTES);
        for (int i = FILESYSTEM_AT; i < RESERVED_FROM; i++) {
            int character = in.get(i);
            boolean printable = character > ' ' && character < 0x7f;
            boolean afterEnd = i > FILESYSTEM_AT && in.get(i - 1) == 0;
            if (character != 0 && (!printable || afterEnd)) {
                throw new CheckCondition(SenseData.invalidParameter(i, -1));
            }
        }
        return new FormatCommand(
                in.getLong(GENERATION_AT),
                AsciiField.get(in, FILESYSTEM_AT, FormatStatePage.FILESYSTEM_BYTES));
    }

    private static void refuseSet(ByteBuffer in, int from, int to) throws CheckCondition {
        for (int i = from; i < to; i++) {
            if (in.get(i) != 0) {
                throw new CheckCondition(SenseData.invalidParameter(i, -1));
            }
        }
    }
}
