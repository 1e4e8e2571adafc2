package dev.lunaria.target.catalog;

import java.time.Instant;

/**
 * What is said of a LUN when it is made; of all that only its size may change, and only grow.
 * Immutable.
 *
 * @param id UUID in its usual form, lower case
 * @param name the volume's name, for people; at most 128 characters
 * @param sizeBytes a multiple of 4096
 * @param clusterId the cluster that it belongs to
 * @param logicalBlockBytes fixed for the life of the LUN
 */
public record LunFacts(
        String id,
        String name,
        long sizeBytes,
        String clusterId,
        int logicalBlockBytes,
        Instant created) {

    /** The same with another size. */
    LunFacts withSize(long bytes) {
        return new LunFacts(id, name, bytes, clusterId, logicalBlockBytes, created);
    }
}
