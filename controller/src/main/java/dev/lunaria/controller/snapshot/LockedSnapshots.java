package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.UnderWay;
import dev.lunaria.controller.volume.VolumeId;

/**
 * Snapshots on each of which one change is under way at a time; a second is {@code BUSY} at once.
 * Used by any thread.
 */
public final class LockedSnapshots implements Snapshots {

    private final Snapshots snapshots;
    private final UnderWay underWay = new UnderWay();

    public LockedSnapshots(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @Override
    public Snapshot create(String name, VolumeId source) {
        return underWay.alone("snapshot name " + name, () -> snapshots.create(name, source));
    }

    @Override
    public void delete(SnapshotId id) {
        underWay.alone("snapshot " + id, () -> snapshots.delete(id));
    }

    @Override
    public Snapshot get(SnapshotId id) {
        return snapshots.get(id);
    }

    @Override
    public Page<Snapshot> list(SnapshotQuery query, int max, String token) {
        return snapshots.list(query, max, token);
    }
}
