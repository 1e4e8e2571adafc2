package dev.lunaria.service.secret;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that are never printed: not by toString, a log, a debugger's summary or JSON. Immutable.
 */
public final class Secret {
    private final byte[] bytes;

    private Secret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A secret of these bytes, which are copied. */
    public static Secret of(byte[] bytes) {
        return new Secret(bytes.clone());
    }

    /** A secret of a text's UTF-8 bytes. */
    public static Secret of(String text) {
        return new Secret(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A copy of the bytes; for the one place that needs them. */
    public byte[] reveal() {
        return bytes.clone();
    }

    /** The bytes as UTF-8 text; for the one place that needs it. */
    public String revealText() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** How many bytes. */
    public int length() {
        return bytes.length;
    }

    /** Compares in constant time. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(bytes, secret.bytes);
    }

    @Override
    public int hashCode() {
        return bytes.length; // Says nothing about the bytes; secrets aren't keys of large maps.
    }

    @Override
    public String toString() {
        return "Secret[***]";
    }
}
