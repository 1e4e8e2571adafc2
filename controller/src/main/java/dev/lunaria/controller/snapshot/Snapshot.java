package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.StorageTarget;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A snapshot as callers see it. Immutable.
 *
 * @param source the volume it was taken of, which may be gone
 * @param ready whether it can be copied from; else it is being copied out of its volume's way
 * @param topology segments from which its pool can be reached; empty: from everywhere
 * @param group the group it belongs to, without which it can't be deleted
 */
public record Snapshot(
        SnapshotId id,
        VolumeId source,
        long sizeBytes,
        Instant taken,
        boolean ready,
        Map<String, String> topology,
        Optional<UUID> group) {

    public Snapshot {
        topology = Map.copyOf(topology);
    }

    /** Of one that isn't {@code FAILED}: those are shown to nobody. */
    static Snapshot of(StorageTarget target, TargetSnapshot snapshot) {
        boolean ready =
                switch (snapshot.content()) {
                    case READY -> true;
                    case COPYING -> false;
                    case FAILED -> throw new IllegalArgumentException(snapshot.id().toString());
                };
        return new Snapshot(
                snapshot.id(),
                snapshot.source(),
                snapshot.sizeBytes(),
                snapshot.taken(),
                ready,
                target.topology(),
                snapshot.group());
    }
}
