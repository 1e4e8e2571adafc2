package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * TransportID of an iSCSI initiator (SPC-4 §7.6.4.6): one of its ports, or all of them. Immutable.
 *
 * @param initiatorName iSCSI name
 * @param isid of the port, 48 bits; null: whichever ports of that name there are
 */
public record TransportId(String initiatorName, @Nullable Long isid) {
    private static final int HEADER_BYTES = 4;
    private static final int ISCSI = 0x05;
    private static final int WITH_ISID = 0x40;
    private static final int FORMAT = 0xc0;
    private static final int PROTOCOL = 0x0f;
    private static final int LEAST_BYTES = 24;
    private static final int MOST_BYTES = 248;
    private static final int ALIGNMENT = 4;
    private static final int ISID_DIGITS = 12;
    private static final String SEPARATOR = ",i,0x";

    /** Length of the encoded form in bytes, a multiple of 4. */
    public int encodedBytes() {
        int text = text().length() + 1;
        return Math.max(LEAST_BYTES, (HEADER_BYTES + text + ALIGNMENT - 1) & -ALIGNMENT);
    }

    /** Writes it at the buffer's position, and moves that behind it. */
    public void encode(ByteBuffer out) {
        int bytes = encodedBytes();
        int end = out.position() + bytes;
        out.put((byte) (ISCSI | (isid == null ? 0 : WITH_ISID)));
        out.put((byte) 0);
        out.putShort((short) (bytes - HEADER_BYTES));
        out.put(text().getBytes(StandardCharsets.UTF_8));
        while (out.position() < end) {
            out.put((byte) 0);
        }
    }

    private String text() {
        return isid == null
                ? initiatorName
                : initiatorName + SEPARATOR + HexFormat.of().toHexDigits(isid, ISID_DIGITS);
    }

    /**
     * Reads one, and moves the buffer's position behind it.
     *
     * @param at where the buffer's position is in its parameter list
     * @throws CheckCondition INVALID FIELD IN PARAMETER LIST: of another protocol, or malformed
     */
    public static TransportId parse(ByteBuffer in, int at) throws CheckCondition {
        if (in.remaining() < LEAST_BYTES) {
            throw new CheckCondition(SenseData.invalidParameter(at, -1));
        }
        int first = in.get(in.position()) & 0xff;
        int bytes = HEADER_BYTES + (in.getShort(in.position() + 2) & 0xffff);
        boolean known = (first & PROTOCOL) == ISCSI && (first & FORMAT) <= WITH_ISID;
        if (!known || bytes % ALIGNMENT != 0 || bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            throw new CheckCondition(SenseData.invalidParameter(at, -1));
        }
        if (bytes > in.remaining()) {
            throw new CheckCondition(SenseData.invalidParameter(at + 2, -1));
        }
        ByteBuffer field = in.slice(in.position() + HEADER_BYTES, bytes - HEADER_BYTES);
        in.position(in.position() + bytes);
        String text = StandardCharsets.ISO_8859_1.decode(field).toString();
        int end = text.indexOf('\0');
        TransportId parsed =
                end <= 0 ? null : of(text.substring(0, end), (first & FORMAT) == WITH_ISID);
        if (parsed == null) {
            throw new CheckCondition(SenseData.invalidParameter(at + HEADER_BYTES, -1));
        }
        return parsed;
    }

    private static @Nullable TransportId of(String text, boolean withIsid) {
        if (!withIsid) {
            return new TransportId(text, null);
        }
        int separator = text.lastIndexOf(SEPARATOR);
        String digits = separator < 0 ? "" : text.substring(separator + SEPARATOR.length());
        if (separator <= 0
                || digits.isEmpty()
                || digits.length() > ISID_DIGITS
                || !digits.chars().allMatch(HexFormat::isHexDigit)) {
            return null;
        }
        return new TransportId(text.substring(0, separator), HexFormat.fromHexDigitsToLong(digits));
    }
}
