package dev.lunaria.node.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name of the o2cb cluster: at most 16 letters and digits (OCFS2_CLUSTER_NAME_LEN), so a hash
 * of the storage cluster's id. No state.
 */
public final class ClusterName {
    /** Longest name. */
    static final int MAX_LENGTH = 16;

    private static final String PREFIX = "l";

    private ClusterName() {}

    /** The same for every node of a storage cluster; two clusters have different ones. */
    public static String of(String clusterId) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(clusterId.getBytes(UTF_8));
            return (PREFIX + HexFormat.of().formatHex(digest)).substring(0, MAX_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
