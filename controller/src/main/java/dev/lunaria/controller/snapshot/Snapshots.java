package dev.lunaria.controller.snapshot;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.VolumeId;

/**
 * All snapshots and what can be done with them. Used by any thread. Everything throws {@link
 * Failure}, and {@link dev.lunaria.registry.RegistryException} where the registry fails.
 */
public interface Snapshots {

    /**
     * Takes a snapshot, or returns the one of that name. {@code ALREADY_EXISTS}: the one of that
     * name is of another volume. {@code NOT_FOUND}: no such volume. {@code IN_USE}: the volume is
     * being formatted or copied, or is damaged. {@code FAULT}: it could not be finished, and is
     * removed.
     */
    Snapshot create(String name, VolumeId source);

    /**
     * Deletes a snapshot; fine where it is gone. Volumes that were made from it stay. {@code
     * INVALID}: it belongs to a group.
     */
    void delete(SnapshotId id);

    /** The snapshot as it is. {@code NOT_FOUND}. */
    Snapshot get(SnapshotId id);

    /**
     * Snapshots by id, in pages; all that were asked for or a failure. {@code BUSY}: the token is
     * no longer of use, begin anew.
     *
     * @param max at most so many; 0: as many as fit an answer
     * @param token from the page before; empty: the first page
     */
    Page<Snapshot> list(SnapshotQuery query, int max, String token);
}
