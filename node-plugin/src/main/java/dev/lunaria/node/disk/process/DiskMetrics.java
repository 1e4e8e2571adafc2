package dev.lunaria.node.disk.process;

import dev.lunaria.iscsi.initiator.SessionState;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.proto.disk.v1.Disk;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.metrics.OperationMeter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What the disk process tells Prometheus. Declared by the main thread, read by any. Bounded by the
 * disks: a volume that is detached has no series any more.
 */
final class DiskMetrics {
    private static final List<String> VOLUME = List.of("volume");

    private final Metrics metrics = new Metrics();
    private final Map<String, Meter> meters = new ConcurrentHashMap<>();
    private final Histogram reconnects;
    private volatile Supplier<List<AttachedVolume>> attached = List::of;

    /**
     * One volume's. Its session's state is told by one event loop, everything else by any thread.
     */
    final class Meter {
        private final OperationMeter operations = new OperationMeter();
        private final AtomicLong recoveries = new AtomicLong();
        private boolean wasOnline;
        private long lostAt;

        /** The disk's bytes, counted. */
        BlockIo metered(BlockIo io) {
            return new MeteredBlockIo(io, operations);
        }

        /** The session is in another state now. */
        void stateChanged(SessionState state) {
            if (state == SessionState.ONLINE) {
                if (lostAt != 0) {
                    recoveries.incrementAndGet();
                    reconnects.observe((System.nanoTime() - lostAt) / 1e9);
                    lostAt = 0;
                }
                wasOnline = true;
            } else if (wasOnline && lostAt == 0 && !state.isFinal()) {
                lostAt = System.nanoTime();
            }
        }
    }

    DiskMetrics() {
        metrics.operations("lunaria_disk", VOLUME, "errno", this::operations);
        metrics.gauge(
                "lunaria_disk_disks",
                "Disks of this host, by state: online; recovering, their I/O waits; fenced, their I/O"
                        + " fails for good",
                List.of("state"),
                values -> states().forEach((state, n) -> values.put(n, lowerCase(state))));
        metrics.counter(
                "lunaria_disk_recoveries_total",
                "Sessions that were lost and are back",
                VOLUME,
                values -> meters.forEach((id, meter) -> values.put(meter.recoveries.get(), id)));
        reconnects =
                metrics.seconds(
                        "lunaria_disk_reconnect_seconds",
                        "How long sessions were away before they were back; I/O waited so long",
                        List.of(),
                        0.1,
                        0.5,
                        1,
                        2,
                        5,
                        10,
                        30,
                        60,
                        300);
    }

    Metrics metrics() {
        return metrics;
    }

    /** Tells which disks there are. */
    void serve(Supplier<List<AttachedVolume>> disks) {
        attached = disks;
    }

    /** A volume is being attached; counts begin anew. */
    Meter attaching(String volumeId) {
        var meter = new Meter();
        meters.put(volumeId, meter);
        return meter;
    }

    /** A volume is detached. */
    void detached(String volumeId) {
        meters.remove(volumeId);
    }

    private Map<List<String>, OperationMeter> operations() {
        Map<List<String>, OperationMeter> all = new HashMap<>();
        meters.forEach((id, meter) -> all.put(List.of(id), meter.operations));
        return all;
    }

    private Map<Disk.State, Integer> states() {
        Map<Disk.State, Integer> counts = new EnumMap<>(Disk.State.class);
        for (Disk.State state :
                List.of(Disk.State.ONLINE, Disk.State.RECOVERING, Disk.State.FENCED)) {
            counts.put(state, 0);
        }
        attached.get().forEach(disk -> counts.merge(disk.state(), 1, Integer::sum));
        return counts;
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
