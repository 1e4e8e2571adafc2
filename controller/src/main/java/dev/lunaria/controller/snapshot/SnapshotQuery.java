package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.VolumeId;
import java.util.Optional;

/** Which snapshots to list: those of which everything that is given is true. Immutable. */
public record SnapshotQuery(Optional<SnapshotId> id, Optional<VolumeId> source) {

    /** All of them. */
    public static final SnapshotQuery ALL = new SnapshotQuery(Optional.empty(), Optional.empty());
}
