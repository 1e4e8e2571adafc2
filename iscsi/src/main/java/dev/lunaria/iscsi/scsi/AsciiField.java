package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Text fields of fixed length in SCSI data (SPC-4 §4.3); pure, without state. */
final class AsciiField {
    private AsciiField() {}

    /** Puts ASCII, cut or filled up to {@code length} bytes. */
    static void put(ByteBuffer out, int index, int length, String text, char filler) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < length; i++) {
            out.put(index + i, i < bytes.length ? bytes[i] : (byte) filler);
        }
    }

    /** Reads ASCII without the blanks and NULs behind it. */
    static String get(ByteBuffer in, int index, int length) {
        byte[] bytes = new byte[length];
        in.get(index, bytes);
        int end = length;
        while (end > 0 && (bytes[end - 1] == ' ' || bytes[end - 1] == 0)) {
            end--;
        }
        return new String(bytes, 0, end, StandardCharsets.US_ASCII);
    }

    /** A copy of {@code data} from position to limit, filled up with zeros to {@code length}. */
    static ByteBuffer atLeast(ByteBuffer data, int length) {
        ByteBuffer copy = ByteBuffer.allocate(Math.max(length, data.remaining()));
        copy.put(data.duplicate());
        return copy.clear();
    }
}
