package dev.lunaria.controller.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The iSCSI names of nodes (RFC 7143 §4.2.7). No state. They carry the cluster's id: two clusters
 * with equal node names would share grants and log each other out.
 */
final class InitiatorNames {

    /** Longest iSCSI name, in bytes (RFC 7143 §4.2.7.1). */
    static final int MAX_BYTES = 223;

    private static final String PREFIX = "iqn.2026-11.dev.lunaria:node:";

    private InitiatorNames() {}

    /**
     * {@code iqn.2026-11.dev.lunaria:node:<cluster>:<node>}, or the prefix and a hash where that is
     * too long.
     */
    static String of(String clusterId, String node) {
        String name = (PREFIX + clusterId + ":" + node).toLowerCase(Locale.ROOT);
        return name.getBytes(UTF_8).length <= MAX_BYTES ? name : PREFIX + sha256(name);
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
