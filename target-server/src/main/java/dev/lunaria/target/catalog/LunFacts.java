package dev.lunaria.target.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a LUN when it is made; of all that only its limits may change, and its size,
 * which only grows. Immutable.
 *
 * @param id UUID in its usual form, lower case
 * @param name the volume's name, for people; at most 128 characters
 * @param sizeBytes a multiple of 4096
 * @param clusterId the cluster that it belongs to
 * @param logicalBlockBytes fixed for the life of the LUN
 * @param source what it began as a copy of; null: it began blank
 * @param limits how fast it may be used
 */
public record LunFacts(
        String id,
        String name,
        long sizeBytes,
        String clusterId,
        int logicalBlockBytes,
        Instant created,
        @Nullable LunSource source,
        LunLimits limits) {

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

    /** Of a LUN without limits. */
    public LunFacts(
            String id,
            String name,
            long sizeBytes,
            String clusterId,
            int logicalBlockBytes,
            Instant created,
            @Nullable LunSource source) {
        this(id, name, sizeBytes, clusterId, logicalBlockBytes, created, source, LunLimits.NONE);
    }

    /** The same with another block length. */
    public LunFacts withBlocks(int blockBytes) {
        return new LunFacts(id, name, sizeBytes, clusterId, blockBytes, created, source, limits);
    }

    /** The same with another size. */
    public LunFacts withSize(long bytes) {
        return new LunFacts(id, name, bytes, clusterId, logicalBlockBytes, created, source, limits);
    }

    /** The same with other limits. */
    public LunFacts withLimits(LunLimits others) {
        return new LunFacts(
                id, name, sizeBytes, clusterId, logicalBlockBytes, created, source, others);
    }
}
