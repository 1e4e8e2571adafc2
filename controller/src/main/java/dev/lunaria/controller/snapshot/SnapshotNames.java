package dev.lunaria.controller.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * The UUIDs of snapshots and groups: computed from the cluster and the name, so that whoever asks
 * for a name again finds what there is of it, and nobody has to remember it. Immutable.
 *
 * <p>UUIDs of version 8 (RFC 9562 §5.8) from SHA-256. Each field goes in with its length, so that
 * no two inputs run into one.
 */
final class SnapshotNames {

    private static final long VERSION_8 = 0x8000L;
    private static final long VERSION_MASK = 0xF000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final long VARIANT_MASK = 0xC000_0000_0000_0000L;

    private final String clusterId;

    SnapshotNames(String clusterId) {
        this.clusterId = clusterId;
    }

    /** Of a snapshot that is taken alone. */
    UUID snapshot(String name) {
        return uuid("snapshot", name);
    }

    /** Of a group. */
    UUID group(String name) {
        return uuid("group", name);
    }

    /** Of a group's snapshot of one LUN. */
    UUID member(UUID group, UUID lun) {
        return uuid("member", group.toString() + "/" + lun);
    }

    private UUID uuid(String kind, String name) {
        MessageDigest digest = sha256();
        for (String field : new String[] {kind, clusterId, name}) {
            byte[] bytes = field.getBytes(UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length).array());
            digest.update(bytes);
        }
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        return new UUID(
                (hash.getLong() & ~VERSION_MASK) | VERSION_8,
                (hash.getLong() & ~VARIANT_MASK) | VARIANT);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
