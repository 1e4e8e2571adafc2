package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The snapshots at one target server, of all its pools. Used by any thread. Everything may be
 * repeated, and throws {@link Failure} as {@link TargetPool} does.
 */
public interface TargetSnapshots {

    /** Most snapshots of one instant. */
    int MAX_AT_ONCE = 64;

    /** A snapshot to be taken. */
    record Order(SnapshotId id, VolumeId source, String name) {}

    /**
     * Takes them all at one instant, or returns those of these ids; all or none. {@code NOT_FOUND}:
     * there is no such LUN. {@code IN_USE}: one is being formatted or copied, or is damaged. {@code
     * ALREADY_EXISTS}: one of these ids is there and is another. {@code EXHAUSTED}. {@code BUSY}:
     * writes couldn't be held back in time.
     */
    List<TargetSnapshot> take(List<Order> orders, Optional<UUID> group);

    /** Empty only where the server serves this pool and has no such snapshot in it. */
    Optional<TargetSnapshot> find(SnapshotId id);

    /** Those of a pool, or of one LUN in it. {@code BUSY} where the token isn't one. */
    Page<TargetSnapshot> list(UUID pool, Optional<UUID> lun, int max, String token);

    /** All of a group, in all pools of the server. */
    List<TargetSnapshot> ofGroup(UUID group);

    /**
     * Ranges that may hold data; the rest reads as zeros. {@code NOT_FOUND}. {@code IN_USE}: it
     * isn't ready.
     *
     * @param from in bytes; ranges that end at it or before are left out
     * @param max so many ranges at most; 0: as many as the target likes
     */
    RangePage allocated(SnapshotId id, long from, int max);

    /**
     * Ranges of a snapshot in which it may differ from another one of its volume, in the same pool.
     * {@code NOT_FOUND}. {@code IN_USE}: one isn't ready. {@code INVALID}: not of one volume.
     */
    RangePage changed(SnapshotId base, SnapshotId id, long from, int max);

    /** Fine where there is no such snapshot. */
    void delete(SnapshotId id);
}
