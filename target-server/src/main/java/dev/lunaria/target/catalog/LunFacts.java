package dev.lunaria.target.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a LUN when it is made; of all that only its size may change, and only grow.
 * Immutable.
 *
 * @param id UUID in its usual form, lower case
 * @param name the volume's name, for people; at most 128 characters
 * @param sizeBytes a multiple of 4096
 * @param clusterId the cluster that it belongs to
 * @param logicalBlockBytes fixed for the life of the LUN
 * @param source what it began as a copy of; null: it began blank
 */
public record LunFacts(
        String id,
        String name,
        long sizeBytes,
        String clusterId,
        int logicalBlockBytes,
        Instant created,
        @Nullable LunSource source) {

    /** Of a LUN that begins blank. */
    public LunFacts(
            String id,
            String name,
            long sizeBytes,
            String clusterId,
            int logicalBlockBytes,
            Instant created) {
        this(id, name, sizeBytes, clusterId, logicalBlockBytes, created, null);
    }

    /** The same with another block length. */
    public LunFacts withBlocks(int blockBytes) {
        return new LunFacts(id, name, sizeBytes, clusterId, blockBytes, created, source);
    }

    /** The same with another size. */
    public LunFacts withSize(long bytes) {
        return new LunFacts(id, name, bytes, clusterId, logicalBlockBytes, created, source);
    }
}
