package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.UnderWay;
import dev.lunaria.controller.volume.VolumeId;
import java.util.Set;
import java.util.UUID;

/**
 * Groups on each of which one change is under way at a time; a second is {@code BUSY} at once. Used
 * by any thread.
 */
public final class LockedSnapshotGroups implements SnapshotGroups {

    private final SnapshotGroups groups;
    private final UnderWay underWay = new UnderWay();

    public LockedSnapshotGroups(SnapshotGroups groups) {
        this.groups = groups;
    }

    @Override
    public SnapshotGroup create(String name, Set<VolumeId> sources) {
        return underWay.alone("group name " + name, () -> groups.create(name, sources));
    }

    @Override
    public void delete(UUID group, Set<SnapshotId> snapshots) {
        underWay.alone("group " + group, () -> groups.delete(group, snapshots));
    }

    @Override
    public SnapshotGroup get(UUID group, Set<SnapshotId> snapshots) {
        return groups.get(group, snapshots);
    }
}
