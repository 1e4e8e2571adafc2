package dev.lunaria.target;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.metrics.Metrics.Values;
import dev.lunaria.service.metrics.OperationMeter;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.store.StoreThreads;
import dev.lunaria.target.transport.PortalServer;
import io.prometheus.metrics.core.metrics.Histogram;
import java.io.IOException;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the target server tells Prometheus. Declared by the main thread; read by any when it is
 * asked for, from memory but for the pools' space, which is a system call each.
 */
final class TargetMetrics {
    private static final List<String> NONE = List.of();
    private static final List<String> POOL = List.of("pool");
    private static final List<String> VOLUME_NODE = List.of("volume", "node");

    private final Metrics metrics = new Metrics();
    private final UnitMeters units;
    private final Histogram fences;
    private final Histogram storeWaits;
    private final AtomicInteger draining = new AtomicInteger();
    private volatile @Nullable Served served;

    /** The parts of the running server that are asked. */
    record Served(
            Pools pools,
            SessionDirectory sessions,
            OpenUnits open,
            StoreThreads threads,
            PortalServer portals,
            String bootId) {}

    TargetMetrics(InstantSource clock) {
        units = new UnitMeters(clock);
        fences =
                metrics.seconds(
                        "lunaria_target_fence_seconds",
                        "How long fences took to end a node's sessions on a LUN and drain them."
                                + " Its count is the number of fences",
                        NONE,
                        0.001,
                        0.01,
                        0.1,
                        1,
                        5,
                        10,
                        30,
                        60);
        storeWaits =
                metrics.seconds(
                        "lunaria_target_store_wait_seconds",
                        "How long work waited for a store thread: the queue's part of an operation's"
                                + " time. Grows where --store-threads is too small or a disk hangs",
                        NONE,
                        0.0001,
                        0.001,
                        0.01,
                        0.1,
                        1,
                        10);
        declareUnits();
        declareServer();
        declarePools();
    }

    private void declareUnits() {
        metrics.operations("lunaria_target", VOLUME_NODE, "sense", this::operations);
        metrics.gauge(
                "lunaria_target_sessions",
                "iSCSI sessions of a node on a volume, draining ones included",
                VOLUME_NODE,
                perUnit(UnitMeters::sessions));
        metrics.counter(
                "lunaria_target_logins_total",
                "iSCSI sessions that began",
                VOLUME_NODE,
                perUnit(UnitMeters::logins));
        metrics.counter(
                "lunaria_target_recoveries_total",
                "Sessions that began after another which had not logged out: lost connections that"
                        + " came back (unit attention 29h)",
                VOLUME_NODE,
                perUnit(UnitMeters::recoveries));
    }

    private void declareServer() {
        metrics.gauge(
                "lunaria_target_connections",
                "TCP connections at the portals, logged in or not",
                NONE,
                perServer(server -> server.portals().connections()));
        metrics.gauge(
                "lunaria_target_open_units",
                "LUNs whose file is open",
                NONE,
                perServer(server -> server.open().count()));
        metrics.gauge(
                "lunaria_target_store_operations",
                "Operations at the disks, waiting or running",
                NONE,
                perServer(server -> server.threads().operations()));
        metrics.gauge(
                "lunaria_target_fences_in_progress",
                "Fences whose drain has not ended: for long only where a disk hangs",
                NONE,
                values -> values.put(draining.get()));
        metrics.counter(
                "lunaria_target_logins_refused_total",
                "Logins that were refused, by status (RFC 7143 §11.13.5)",
                List.of("reason"),
                values -> {
                    Served server = served;
                    if (server != null) {
                        server.portals()
                                .refusedLogins()
                                .forEach((status, count) -> values.put(count, lowerCase(status)));
                    }
                });
    }

    private void declarePools() {
        metrics.gauge(
                "lunaria_target_pool_size_bytes",
                "Size of the filesystem below the pool",
                POOL,
                perPool((pool, values) -> values.put(bytes(pool::totalBytes), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_free_bytes",
                "What is free in it beyond the reserve",
                POOL,
                perPool((pool, values) -> values.put(bytes(pool::freeBytes), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_reserve_bytes",
                "Free space that no new LUN is made from",
                POOL,
                perPool((pool, values) -> values.put(pool.reserveBytes(), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_provisioned_bytes",
                "Sum of the LUNs' sizes; may be more than there is, as LUNs are thin",
                POOL,
                perPool((pool, values) ->
                        values.put(pool.catalog().provisionedBytes(), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_luns",
                "LUNs, by format state",
                List.of("pool", "format"),
                perPool(TargetMetrics::formats));
        metrics.gauge(
                "lunaria_target_pool_damaged_luns",
                "LUNs whose documents or data file are damaged: nobody may log in to them",
                POOL,
                perPool((pool, values) -> values.put(pool.catalog().damaged().size(), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_unflushed_luns",
                "LUNs of which a crash of the machine now would cost somebody writes",
                POOL,
                perPool((pool, values) -> values.put(count(pool, this::isUnflushed), pool.id())));
        metrics.gauge(
                "lunaria_target_pool_lost_luns",
                "LUNs of which a node has lost writes, by a crash of the machine or a failed flush,"
                        + " and hears errors until it detaches",
                POOL,
                perPool((pool, values) -> values.put(count(pool, this::hasLost), pool.id())));
    }

    /** The metrics, as they are declared and scraped. */
    Metrics metrics() {
        return metrics;
    }

    UnitMeters units() {
        return units;
    }

    /** From now on there is something to tell. */
    void serve(Served server) {
        server.threads().onWait(nanos -> storeWaits.observe(nanos / 1e9));
        served = server;
    }

    Fence metered(Fence fence) {
        return new MeteredFence(fence, draining, fences::observe);
    }

    private Map<List<String>, OperationMeter> operations() {
        Map<List<String>, OperationMeter> all = new HashMap<>();
        meters().forEach((pair, meter) -> all.put(UnitMeters.labels(pair), meter.operations()));
        return all;
    }

    private Map<UnitMeters.Pair, UnitMeters.Meter> meters() {
        Served server = served;
        return server == null ? Map.of() : units.all(volume -> exists(server.pools(), volume));
    }

    private static boolean exists(Pools pools, String volume) {
        int slash = volume.indexOf('/');
        return pools.find(volume.substring(0, slash))
                .flatMap(pool -> pool.catalog().find(volume.substring(slash + 1)))
                .isPresent();
    }

    private Consumer<Values> perUnit(ToDoubleFunction<UnitMeters.Meter> value) {
        return values ->
                meters().forEach((pair, meter) ->
                        values.put(value.applyAsDouble(meter), pair.volume(), pair.node()));
    }

    private Consumer<Values> perServer(ToDoubleFunction<Served> value) {
        return values -> {
            Served server = served;
            if (server != null) {
                values.put(value.applyAsDouble(server));
            }
        };
    }

    private Consumer<Values> perPool(BiConsumer<Pool, Values> value) {
        return values -> {
            Served server = served;
            if (server != null) {
                server.pools().all().forEach(pool -> value.accept(pool, values));
            }
        };
    }

    private static void formats(Pool pool, Values values) {
        Map<State, Integer> counts = new EnumMap<>(State.class);
        for (State state : State.values()) {
            counts.put(state, 0);
        }
        for (CatalogLun lun : pool.catalog().luns()) {
            counts.merge(lun.format().state(), 1, Integer::sum);
        }
        counts.forEach((state, count) -> values.put(count, pool.id(), lowerCase(state)));
    }

    private boolean isUnflushed(CatalogLun lun, String bootId) {
        return !lun.unflushedWriters(bootId).isEmpty();
    }

    private boolean hasLost(CatalogLun lun, String bootId) {
        return !lun.nodesWithLostWrites(bootId).isEmpty();
    }

    private interface Condition {
        boolean holds(CatalogLun lun, String bootId);
    }

    private long count(Pool pool, Condition condition) {
        Served server = served;
        return server == null
                ? 0
                : pool.catalog().luns().stream()
                        .filter(lun -> condition.holds(lun, server.bootId()))
                        .count();
    }

    private interface Space {
        long bytes() throws IOException;
    }

    private static double bytes(Space space) {
        try {
            return space.bytes();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
