package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.VolumeId;
import java.util.Set;
import java.util.UUID;

/**
 * Groups of snapshots, each of one instant. Used by any thread. Everything throws {@link Failure},
 * and {@link dev.lunaria.registry.RegistryException} where the registry fails.
 */
public interface SnapshotGroups {

    /**
     * Takes a snapshot of each volume, all at one instant, or returns the group of that name.
     * {@code ALREADY_EXISTS}: the group of that name is of other volumes. {@code NOT_FOUND}: one of
     * the volumes isn't there. {@code IN_USE}: they aren't all at one target server, or one is
     * being formatted or copied, or is damaged. {@code FAULT}: it could not be finished, and is
     * removed.
     */
    SnapshotGroup create(String name, Set<VolumeId> sources);

    /**
     * Deletes a group with all its snapshots; fine where it is gone. {@code INVALID}: these aren't
     * its snapshots.
     */
    void delete(UUID group, Set<SnapshotId> snapshots);

    /** The group as it is. {@code NOT_FOUND}. {@code INVALID}: these aren't its snapshots. */
    SnapshotGroup get(UUID group, Set<SnapshotId> snapshots);
}
