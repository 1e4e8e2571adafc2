package dev.lunaria.controller.volume;

import java.util.Optional;
import java.util.UUID;

/**
 * Which snapshot: its pool and its own UUID there. Written {@code <pool UUID>/<snapshot UUID>} in
 * lower case, as a {@link VolumeId} is. Immutable.
 */
public record SnapshotId(UUID pool, UUID snapshot) {

    /**
     * Reads what {@link #toString} wrote; empty for anything else, which can't be a snapshot of
     * ours.
     */
    public static Optional<SnapshotId> parse(String text) {
        return VolumeId.parse(text).map(id -> new SnapshotId(id.pool(), id.lun()));
    }

    @Override
    public String toString() {
        return pool + "/" + snapshot;
    }
}
