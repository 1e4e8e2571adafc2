package dev.lunaria.controller.snapshot;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** Snapshots of several volumes at one instant, by id. Immutable; never empty. */
public record SnapshotGroup(UUID id, List<Snapshot> snapshots) {

    public SnapshotGroup {
        snapshots =
                snapshots.stream()
                        .sorted(Comparator.comparing(snapshot -> snapshot.id().toString()))
                        .toList();
    }

    /** The instant: the earliest, should they differ by the time that noting it took. */
    public Instant taken() {
        return snapshots.stream().map(Snapshot::taken).min(Instant::compareTo).orElseThrow();
    }

    /** Whether each of them can be copied from. */
    public boolean ready() {
        return snapshots.stream().allMatch(Snapshot::ready);
    }
}
