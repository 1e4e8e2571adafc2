package dev.lunaria.target;

import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.store.StoreThreads;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;

/** What the target server tells Prometheus: read when it is asked for. Stateless: any thread. */
final class Meters {

    private Meters() {}

    static void register(
            MeterRegistry registry,
            Pools pools,
            SessionDirectory directory,
            OpenUnits units,
            StoreThreads threads) {
        Gauge.builder("lunaria.target.sessions", directory, d -> d.sessions().size())
                .description("iSCSI sessions that are logged in or draining")
                .register(registry);
        Gauge.builder("lunaria.target.open.units", units, OpenUnits::count)
                .description("LUNs whose file is open")
                .register(registry);
        Gauge.builder("lunaria.target.store.operations", threads, StoreThreads::operations)
                .description("Operations that wait for a disk or run")
                .register(registry);
        for (Pool pool : pools.all()) {
            Gauge.builder("lunaria.target.pool.luns", pool, p -> p.catalog().count())
                    .description("LUNs in the pool")
                    .tag("pool", pool.id())
                    .register(registry);
            Gauge.builder(
                            "lunaria.target.pool.damaged.luns",
                            pool,
                            p -> p.catalog().damaged().size())
                    .description("LUNs in the pool whose catalog is damaged")
                    .tag("pool", pool.id())
                    .register(registry);
            Gauge.builder("lunaria.target.pool.free", pool, Meters::freeBytes)
                    .description("Free space beyond the reserve")
                    .baseUnit("bytes")
                    .tag("pool", pool.id())
                    .register(registry);
        }
    }

    private static double freeBytes(Pool pool) {
        try {
            return pool.freeBytes();
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
