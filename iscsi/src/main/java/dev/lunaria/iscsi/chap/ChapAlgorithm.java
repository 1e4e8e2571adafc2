package dev.lunaria.iscsi.chap;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hashes of CHAP with their numbers (RFC 7143 §12.1.2; the IANA registry of PPP algorithms). */
public enum ChapAlgorithm {
    MD5(5, "MD5"),
    SHA1(6, "SHA-1"),
    SHA256(7, "SHA-256"),
    SHA3_256(8, "SHA3-256");

    /** All, the strongest first. */
    public static final List<ChapAlgorithm> BY_STRENGTH = List.of(SHA3_256, SHA256, SHA1, MD5);

    private final int number;
    private final String digest;

    ChapAlgorithm(int number, String digest) {
        this.number = number;
        this.digest = digest;
    }

    /** As it stands in CHAP_A. */
    public int number() {
        return number;
    }

    /** The algorithm of this CHAP_A, or null for one that isn't known. */
    public static @Nullable ChapAlgorithm of(String number) {
        for (ChapAlgorithm algorithm : BY_STRENGTH) {
            if (String.valueOf(algorithm.number).equals(number)) {
                return algorithm;
            }
        }
        return null;
    }

    MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no " + digest, e);
        }
    }
}
