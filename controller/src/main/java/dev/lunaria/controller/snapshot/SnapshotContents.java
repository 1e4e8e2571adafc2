package dev.lunaria.controller.snapshot;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.OUT_OF_RANGE;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Content;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.RangePage;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.TargetSnapshots;

/**
 * What snapshots hold, and in what they differ, as their targets find it. Used by any thread; keeps
 * nothing. Everything throws {@link Failure}: {@code NOT_FOUND}, {@code OUT_OF_RANGE} where a
 * snapshot ends before that offset, {@code UNAVAILABLE} while it is still being copied.
 */
public final class SnapshotContents {

    private final Servers servers;
    private final String clusterId;

    public SnapshotContents(Servers servers, String clusterId) {
        this.servers = servers;
        this.clusterId = clusterId;
    }

    /** What can be read of ranges, one page after the other. */
    @FunctionalInterface
    public interface Ranges {

        /** The page that begins at an offset. */
        RangePage from(long offset);
    }

    /**
     * Ranges of a snapshot that may hold data.
     *
     * @param offset where the first page will begin, in bytes
     * @param max so many ranges a page at most; 0: as many as the target likes
     */
    public Ranges allocated(SnapshotId id, long offset, int max) {
        TargetSnapshots there = serverOf(id);
        requireWithin(ready(there, id), offset);
        return from -> there.allocated(id, from, max);
    }

    /** Ranges of a snapshot in which it may differ from an earlier one of its volume. */
    public Ranges changed(SnapshotId baseId, SnapshotId id, long offset, int max) {
        TargetSnapshot base = ready(serverOf(baseId), baseId);
        TargetSnapshots there = serverOf(id);
        TargetSnapshot later = ready(there, id);
        if (!base.source().equals(later.source())) {
            throw new Failure(
                    INVALID,
                    "snapshot %s is of volume %s, and %s of %s; name two of one volume"
                            .formatted(baseId, base.source(), id, later.source()));
        }
        if (base.taken().isAfter(later.taken())) {
            throw new Failure(
                    INVALID,
                    "snapshot %s was taken after %s; name the earlier one as the base"
                            .formatted(baseId, id));
        }
        requireWithin(later, offset);
        return from -> there.changed(baseId, id, from, max);
    }

    private TargetSnapshots serverOf(SnapshotId id) {
        return servers.of(id.pool()).map(servers::snapshots).orElseThrow(() -> noSuchSnapshot(id));
    }

    private TargetSnapshot ready(TargetSnapshots there, SnapshotId id) {
        TargetSnapshot snapshot =
                there.find(id)
                        .filter(found -> found.clusterId().equals(clusterId))
                        .filter(found -> found.content() != Content.FAILED)
                        .orElseThrow(() -> noSuchSnapshot(id));
        if (snapshot.content() == Content.COPYING) {
            throw new Failure(
                    UNAVAILABLE,
                    "snapshot %s is still being copied, %d bytes are left; repeat"
                            .formatted(id, snapshot.remainingBytes()));
        }
        return snapshot;
    }

    private static Failure noSuchSnapshot(SnapshotId id) {
        return new Failure(NOT_FOUND, "there is no snapshot " + id);
    }

    private static void requireWithin(TargetSnapshot snapshot, long offset) {
        if (offset < 0 || offset > snapshot.sizeBytes()) {
            throw new Failure(
                    OUT_OF_RANGE,
                    "starting_offset is %d, and snapshot %s has %d bytes"
                            .formatted(offset, snapshot.id(), snapshot.sizeBytes()));
        }
    }
}
