package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.VolumeId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A snapshot as callers see it. Immutable.
 *
 * @param source the volume it was taken of, which may be gone
 * @param ready whether it can be copied from; else it is being copied out of its volume's way
 * @param group the group it belongs to, without which it can't be deleted
 */
public record Snapshot(
        SnapshotId id,
        VolumeId source,
        long sizeBytes,
        Instant taken,
        boolean ready,
        Optional<UUID> group) {

    /** Of one that isn't {@code FAILED}: those are shown to nobody. */
    static Snapshot of(TargetSnapshot snapshot) {
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
                snapshot.group());
    }
}
