package dev.lunaria.iscsi.text;

import java.util.Base64;
import java.util.HexFormat;

/** Binary values in a text: hexadecimal or base64 (RFC 7143 §6.1). Stateless. */
public final class BinaryValue {
    /** Longest binary value in bytes (RFC 7143 §6.1). */
    public static final int MAX_BYTES = 1024;

    private BinaryValue() {}

    /** Writes it as hexadecimal, which every initiator reads. */
    public static String format(byte[] bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }

    /** Reads {@code 0x…} or {@code 0b…}; an odd number of hexadecimal digits has a leading zero. */
    public static byte[] parse(String value) throws NegotiationException {
        if (value.length() > 2 && value.length() <= 2 + 2 * MAX_BYTES && value.charAt(0) == '0') {
            String digits = value.substring(2);
            try {
                byte[] bytes =
                        switch (value.charAt(1)) {
                            case 'x', 'X' ->
                                    HexFormat.of()
                                            .parseHex(
                                                    digits.length() % 2 == 0
                                                            ? digits
                                                            : "0" + digits);
                            case 'b', 'B' -> Base64.getDecoder().decode(digits);
                            default -> new byte[0];
                        };
                if (bytes.length > 0 && bytes.length <= MAX_BYTES) {
                    return bytes;
                }
            } catch (IllegalArgumentException e) {
                throw new NegotiationException("a binary value has a digit that it can't have");
            }
        }
        throw new NegotiationException("a binary value is neither 0x nor 0b of 1 to 1024 bytes");
    }
}
