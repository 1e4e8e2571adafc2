package dev.lunaria.target;

import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns when a pool is filling up, long before writes fail: once as it gets low, once as it gets
 * full, and once as it is well again. Owned by the thread that looks now and then.
 */
final class PoolWatch {

    private static final Logger LOG = LoggerFactory.getLogger(PoolWatch.class);

    private final Pools pools;
    private final int lowPercent;
    private final Map<String, Level> levels = new HashMap<>();

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
            return freeBytes < totalBytes / 100 * lowPercent ? LOW : ENOUGH;
        }
    }

    /**
     * @param lowPercent below this part of its size a pool's free space is low
     */
    PoolWatch(Pools pools, int lowPercent) {
        this.pools = pools;
        this.lowPercent = lowPercent;
    }

    /** Looks at all pools. May block. */
    void look() {
        for (Pool pool : pools.all()) {
            try {
                look(pool);
            } catch (IOException e) {
                LOG.atWarn()
                        .addKeyValue("pool", pool.id())
                        .setCause(e)
                        .log("the pool's free space can't be read; tried again");
            }
        }
    }

    private void look(Pool pool) throws IOException {
        long free = pool.freeBytes();
        Level level = Level.of(free, pool.totalBytes(), lowPercent);
        Level before = levels.put(pool.id(), level);
        if (level == (before == null ? Level.ENOUGH : before)) {
            return;
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
