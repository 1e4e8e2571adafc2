package dev.lunaria.node;

import dev.lunaria.node.volume.StagePhases;
import dev.lunaria.service.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Histogram;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * What the node plugin tells Prometheus, beside its calls. Declared by the main thread, read by
 * any.
 */
final class NodeMetrics implements StagePhases {
    private final Metrics metrics = new Metrics();
    private final Histogram phases;
    private volatile IntSupplier staged = () -> 0;

    NodeMetrics() {
        phases =
                metrics.seconds(
                        "lunaria_node_stage_phase_seconds",
                        "How long the phases of NodeStageVolume took: attach, format, fsck, mount",
                        List.of("phase"),
                        0.01,
                        0.05,
                        0.1,
                        0.5,
                        1,
                        5,
                        10,
                        30,
                        60,
                        120);
        metrics.gauge(
                "lunaria_node_staged_volumes",
                "Volumes that are staged on this node, or were begun to be",
                List.of(),
                values -> values.put(staged.getAsInt()));
    }

    Metrics metrics() {
        return metrics;
    }

    /** Tells how many volumes are staged. */
    void serve(IntSupplier stagedVolumes) {
        staged = stagedVolumes;
    }

    @Override
    public <T> T timed(Phase phase, Step<T> step) throws IOException {
        long begun = System.nanoTime();
        try {
            return step.run();
        } finally {
            phases.labelValues(phase.name().toLowerCase(Locale.ROOT))
                    .observe((System.nanoTime() - begun) / 1e9);
        }
    }
}
