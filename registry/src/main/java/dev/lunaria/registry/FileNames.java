package dev.lunaria.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The file name of a document: different names give different files, whatever characters they hold.
 * No state.
 *
 * <p>Letters, digits, '-', '_' and inner dots stand for themselves, every other byte of the UTF-8
 * form is {@code %XX}. What would be longer than {@value #MAX_LENGTH} characters is cut and ends in
 * '~' and its SHA-256: '~' never comes from escaping.
 */
final class FileNames {

    static final String SUFFIX = ".yaml";

    /** Leaves room for the suffix in the 255 bytes that filesystems allow. */
    static final int MAX_LENGTH = 200;

    private static final int HASH_LENGTH = 64;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private FileNames() {}

    static String of(String name) {
        String escaped = escape(name);
        if (escaped.length() > MAX_LENGTH) {
            escaped = escaped.substring(0, MAX_LENGTH - HASH_LENGTH - 1) + "~" + sha256(name);
        }
        return escaped + SUFFIX;
    }

    private static String escape(String name) {
        var escaped = new StringBuilder(name.length());
        for (byte b : name.getBytes(UTF_8)) {
            char c = (char) (b & 0xff);
            if (isPlain(c) || (c == '.' && !escaped.isEmpty())) {
                escaped.append(c);
            } else {
                escaped.append('%').append(HEX.toHexDigits(b));
            }
        }
        return escaped.toString();
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '_';
    }

    private static String sha256(String name) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
