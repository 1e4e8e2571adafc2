package dev.lunaria.controller.volume;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A snapshot as its target has it. Immutable.
 *
 * @param source the volume it was taken of, which may be gone
 * @param sizeBytes size of the volume at the instant
 * @param remainingBytes while it is being copied: what is still to be copied, at most
 * @param group what the snapshots of one instant share; empty: it was taken alone
 */
public record TargetSnapshot(
        SnapshotId id,
        VolumeId source,
        String name,
        String clusterId,
        long sizeBytes,
        Instant taken,
        Content content,
        long remainingBytes,
        Optional<UUID> group) {}
