package dev.lunaria.controller;

import dev.lunaria.service.metrics.Metrics;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * What the controller tells Prometheus, beside its calls. Declared by the main thread, read by any.
 */
final class ControllerMetrics {

    private final Metrics metrics = new Metrics();
    private volatile Supplier<Map<UUID, Integer>> orphans = Map::of;

    ControllerMetrics() {
        metrics.gauge(
                "lunaria_controller_orphan_volumes",
                "Volumes that belong to no PersistentVolume, as the controller that leads has found; the others show none",
                List.of("pool"),
                values ->
                        orphans.get().forEach((pool, count) -> values.put(count, pool.toString())));
    }

    Metrics metrics() {
        return metrics;
    }

    /** Tells how many orphans each pool holds. */
    void serveOrphans(Supplier<Map<UUID, Integer>> found) {
        orphans = found;
    }
}
