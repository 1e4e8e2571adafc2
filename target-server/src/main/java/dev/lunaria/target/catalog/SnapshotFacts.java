package dev.lunaria.target.catalog;

import dev.lunaria.target.device.FormatState;
import java.time.Instant;

/**
 * What is fixed when a snapshot is taken. Immutable.
 *
 * @param id UUID in its usual form, lower case
 * @param lun UUID of the LUN that it was taken of, which may be gone
 * @param name for people; at most 128 characters
 * @param group UUID that the snapshots of one call share, or empty
 * @param sizeBytes of the LUN at the instant
 * @param logicalBlockBytes of the LUN
 * @param format of the LUN at the instant
 * @param taken the instant
 */
public record SnapshotFacts(
        String id,
        String lun,
        String name,
        String group,
        long sizeBytes,
        int logicalBlockBytes,
        String clusterId,
        FormatState format,
        Instant taken) {}
