package dev.lunaria.target;

import dev.lunaria.target.catalog.CatalogFormatStates;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogReservations;
import dev.lunaria.target.catalog.LunLimits;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.device.BlockGeometry;
import dev.lunaria.target.device.LogicalUnit;
import dev.lunaria.target.device.UnitIdentity;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.store.CatalogReserve;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import dev.lunaria.target.store.RateLimitedStore;
import dev.lunaria.target.store.ReserveKeepingStore;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Opens a LUN's file, and puts over it what stands between it and its sessions: the catalog's
 * reserve, copies before writes, the note of unflushed writes, the limits, the logical unit. Any
 * thread; short system calls alone. Keeps one reserve for each pool.
 */
final class UnitOpener {
    private final StoreThreads threads;
    private final UnitResources resources;
    private final RateLimitedStore.Alarm alarm;
    private final int lowPercent;
    private final String bootId;
    private final boolean freshHost;
    private final ConcurrentHashMap<String, CatalogReserve> reserves = new ConcurrentHashMap<>();

    /**
     * @param alarm for those whose limits held something back
     * @param lowPercent below this part of a pool's size its free space is low
     * @param freshHost whether the machine's page cache is new: initiators hear "power on"
     */
    UnitOpener(
            StoreThreads threads,
            UnitResources resources,
            RateLimitedStore.Alarm alarm,
            int lowPercent,
            String bootId,
            boolean freshHost) {
        this.threads = threads;
        this.resources = resources;
        this.alarm = alarm;
        this.lowPercent = lowPercent;
        this.bootId = bootId;
        this.freshHost = freshHost;
    }

    OpenedUnit open(Pool pool, CatalogLun lun) throws IOException {
        // First, as what throws behind the opening would leave the file open.
        long softThreshold = PoolWatch.softThresholdBytes(pool.totalBytes(), lowPercent);
        SparseFileStore file =
                SparseFileStore.open(pool.data(lun), lun.facts().sizeBytes(), threads);
        CopyBeforeWriteStore copies =
                new CopyBeforeWriteStore(
                        new ReserveKeepingStore(file, reserveOf(pool), threads.blocking()));
        UnflushedStore store = new UnflushedStore(copies, lun, bootId, threads.blocking());
        RateLimitedStore limited = new RateLimitedStore(store, System::nanoTime, alarm);
        limit(limited, lun);
        LogicalUnit unit =
                new LogicalUnit(
                        new UnitIdentity(
                                UUID.fromString(lun.facts().id()), pool.targetName(lun).toString()),
                        BlockGeometry.of(lun.facts().logicalBlockBytes()),
                        limited,
                        new CatalogFormatStates(lun),
                        new CatalogReservations(lun),
                        resources,
                        freshHost);
        unit.softThreshold(softThreshold);
        return new OpenedUnit(unit, file, copies, store, limited);
    }

    /** Has the LUN's limits hold from the next operation on. */
    static void limit(RateLimitedStore store, CatalogLun lun) {
        LunLimits limits = lun.facts().limits();
        store.limit(limits.operationsPerSecond(), limits.bytesPerSecond());
    }

    private CatalogReserve reserveOf(Pool pool) {
        return reserves.computeIfAbsent(pool.id(), _ -> new CatalogReserve(new Space(pool)));
    }

    /** What is free of a pool's filesystem, whatever is reserved of it for new LUNs. */
    private record Space(Pool pool) implements CatalogReserve.Filesystem {
        @Override
        public long totalBytes() throws IOException {
            return pool.totalBytes();
        }

        @Override
        public long freeBytes() throws IOException {
            return Files.getFileStore(pool.folder()).getUsableSpace();
        }
    }
}
