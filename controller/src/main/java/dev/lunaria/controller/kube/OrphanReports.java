package dev.lunaria.controller.kube;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs orphans, each once. Written by one thread, read by any for metrics. Remembers the ids of
 * those that there are.
 */
final class OrphanReports {

    private static final Logger log = LoggerFactory.getLogger(OrphanReports.class);

    private volatile Map<UUID, List<UUID>> orphans = Map.of();

    /** All orphans that there are now, by pool. */
    void report(Map<UUID, List<UUID>> found) {
        Map<UUID, List<UUID>> before = orphans;
        found.forEach((pool, luns) -> {
            Set<UUID> fresh = new HashSet<>(luns);
            before.getOrDefault(pool, List.of()).forEach(fresh::remove);
            for (UUID lun : fresh) {
                log.atWarn()
                        .addKeyValue("volume", pool + "/" + lun)
                        .log(
                                "This volume belongs to no PersistentVolume; it is left alone, and stays until somebody deletes it");
            }
        });
        orphans = Map.copyOf(found);
    }

    /** How many there are in each pool. */
    Map<UUID, List<UUID>> now() {
        return orphans;
    }
}
