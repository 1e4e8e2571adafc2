package dev.lunaria.iscsi.initiator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The initiator's part of a session id (RFC 7143 §11.12.5), in the random format (type 10b).
 *
 * <p>Derived from node, volume and path, so that it is the same at every login of one session and
 * different between sessions: the same ISID at the same target would reinstate another's session,
 * and persistent reservations hang on it.
 */
public final class Isid {
    private static final long RANDOM_FORMAT = 0x80L << 40;
    private static final long HASHED_BITS = 0xff_ffff_ffffL;

    private Isid() {}

    /**
     * The ISID, 48 bits.
     *
     * @param path tells several sessions of one node to one volume apart
     */
    public static long of(String node, String volume, String path) {
        MessageDigest digest = sha256();
        for (String part : new String[] {node, volume, path}) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(4).putInt(0, bytes.length));
            digest.update(bytes);
        }
        return RANDOM_FORMAT | (ByteBuffer.wrap(digest.digest()).getLong() & HASHED_BITS);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
