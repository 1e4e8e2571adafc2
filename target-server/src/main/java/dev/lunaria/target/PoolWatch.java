package dev.lunaria.target;

import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns when a pool is filling up, long before writes fail: once as it gets low, once as it gets
 * full, and once as it is well again. Owned by the thread that looks now and then; what it found,
 * any thread may ask.
 */
final class PoolWatch {

    private static final Logger LOG = LoggerFactory.getLogger(PoolWatch.class);

    private final Pools pools;
    private final int lowPercent;
    private final Consumer<Pool> becomesLow;
    private final Map<String, Level> levels = new HashMap<>();
    private volatile @Nullable String problem;

    /** How much is left. */
    enum Level {
        ENOUGH,
        LOW,
        FULL;

        /**
         * Of so many bytes beyond the reserve, in a filesystem of that size.
         *
         * @param lowPercent below this part of the size it is low
         */
        static Level of(long freeBytes, long totalBytes, int lowPercent) {
            if (freeBytes == 0) {
                return FULL;
            }
            return freeBytes < softThresholdBytes(totalBytes, lowPercent) ? LOW : ENOUGH;
        }
    }

    /**
     * @param lowPercent below this part of its size a pool's free space is low
     * @param becomesLow hears of each pool whose free space falls below that
     */
    PoolWatch(Pools pools, int lowPercent, Consumer<Pool> becomesLow) {
        this.pools = pools;
        this.lowPercent = lowPercent;
        this.becomesLow = becomesLow;
    }

    /** Below so many free bytes a pool is low. */
    static long softThresholdBytes(long totalBytes, int lowPercent) {
        return totalBytes / 100 * lowPercent;
    }

    /** What the last look found to be wrong; null for nothing. Any thread, at once. */
    @Nullable String problem() {
        return problem;
    }

    /** Looks at all pools. May block. */
    void look() {
        String found = null;
        for (Pool pool : pools.all()) {
            try {
                look(pool);
            } catch (IOException e) {
                found = "pool %s can't be read: %s".formatted(pool.id(), e.getMessage());
                LOG.atWarn()
                        .addKeyValue("pool", pool.id())
                        .setCause(e)
                        .log("the pool's free space can't be read; tried again");
            }
        }
        problem = found;
    }

    private void look(Pool pool) throws IOException {
        long free = pool.freeBytes();
        Level level = Level.of(free, pool.totalBytes(), lowPercent);
        Level before = levels.put(pool.id(), level);
        if (level == (before == null ? Level.ENOUGH : before)) {
            return;
        }
        if (before == null || before == Level.ENOUGH) {
            becomesLow.accept(pool);
        }
        String message =
                switch (level) {
                    case ENOUGH -> "the pool has space again";
                    case LOW -> "the pool is filling up: delete volumes or enlarge its filesystem";
                    case FULL ->
                            "only the pool's reserve is left: no LUN is made, writes fail soon";
                };
        LOG.atLevel(level == Level.ENOUGH ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.WARN)
                .addKeyValue("pool", pool.id())
                .addKeyValue("freeBytes", free)
                .log(message);
    }
}
