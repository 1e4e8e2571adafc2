package dev.lunaria.iscsi.chap;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * One challenge: who holds the secret can answer it (RFC 1994 §4.1).
 *
 * <p>Immutable. From 1 to 1024 bytes (RFC 7143 §12.1.4).
 */
public final class ChapChallenge {
    /** Length of the challenges made here, in bytes. */
    public static final int BYTES = 32;

    private final ChapAlgorithm algorithm;
    private final int identifier;
    private final byte[] bytes;

    private ChapChallenge(ChapAlgorithm algorithm, int identifier, byte[] bytes) {
        this.algorithm = algorithm;
        this.identifier = identifier;
        this.bytes = bytes;
    }

    /**
     * A challenge that nobody could foresee.
     *
     * @param random cryptographically strong, but in tests
     */
    public static ChapChallenge create(ChapAlgorithm algorithm, RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new ChapChallenge(algorithm, random.nextInt(256), bytes);
    }

    /**
     * A challenge that was received.
     *
     * @param identifier CHAP_I, 0 to 255
     * @param bytes CHAP_C
     */
    public static ChapChallenge received(ChapAlgorithm algorithm, int identifier, byte[] bytes) {
        return new ChapChallenge(algorithm, identifier, bytes.clone());
    }

    /** CHAP_A. */
    public ChapAlgorithm algorithm() {
        return algorithm;
    }

    /** CHAP_I. */
    public int identifier() {
        return identifier;
    }

    /** CHAP_C; a copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** CHAP_R: the hash of identifier, secret and challenge. */
    public byte[] response(ChapSecret secret) {
        MessageDigest digest = algorithm.newDigest();
        digest.update((byte) identifier);
        secret.addTo(digest);
        digest.update(bytes);
        return digest.digest();
    }

    /** Whether a response proves the secret; in a time that says nothing of where it differs. */
    public boolean isAnsweredBy(byte[] response, ChapSecret secret) {
        return MessageDigest.isEqual(response, response(secret));
    }

    /** Whether the other side sent our own challenge back (reflection, RFC 7143 §9.2.1). */
    public boolean isReflectedBy(ChapChallenge other) {
        return Arrays.equals(bytes, other.bytes);
    }
}
