package dev.lunaria.iscsi.chap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A CHAP secret: bytes that can be used and compared, and never printed (democratic-csi#515).
 *
 * <p>Immutable. From 1 to 256 bytes; RFC 7143 §9.2.1 wants 12 random ones at least.
 */
public final class ChapSecret {
    /** Longest secret in bytes. */
    public static final int MAX_BYTES = 256;

    private final byte[] bytes;

    private ChapSecret(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException("a CHAP secret has 1 to 256 bytes");
        }
        this.bytes = bytes;
    }

    /** Takes a copy. */
    public static ChapSecret of(byte[] bytes) {
        return new ChapSecret(bytes.clone());
    }

    /** Of a text's UTF-8 bytes. */
    public static ChapSecret of(String text) {
        return new ChapSecret(text.getBytes(StandardCharsets.UTF_8));
    }

    void addTo(MessageDigest digest) {
        digest.update(bytes);
    }

    /** In a time that does not depend on where they differ. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ChapSecret secret && MessageDigest.isEqual(bytes, secret.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "ChapSecret[hidden]";
    }
}
