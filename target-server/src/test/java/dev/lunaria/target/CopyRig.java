package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.LunSource;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.SnapshotSets;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.PooledBuffers;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.snapshot.BackgroundCopies;
import dev.lunaria.target.snapshot.Copies;
import dev.lunaria.target.snapshot.ImportFolders;
import dev.lunaria.target.snapshot.LunCopies;
import dev.lunaria.target.snapshot.OpenStores;
import dev.lunaria.target.snapshot.Snapshots;
import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A pool with all that copies in it, as the program puts it together, without portals. Used by one
 * thread, but for writes.
 */
final class CopyRig implements AutoCloseable {

    static final String POOL = new UUID(7, 7).toString();
    static final long LUN_BYTES = 24L << 20;
    private static final long SECONDS = 60;

    final Pool pool;
    final Pools pools;
    final BackgroundCopies background = new BackgroundCopies();
    final Snapshots snapshots;
    final LunCopies lunCopies;
    final OpenUnits units;
    private final StoreThreads threads = new StoreThreads(4, 1024);
    private final Copies copies = new Copies(threads.blocking());

    private CopyRig(Pool pool, ImportFolders imports) {
        this.pool = pool;
        this.pools = new Pools(List.of(pool));
        InstantSource clock = InstantSource.system();
        this.units =
                new OpenUnits(
                        new UnitOpener(
                                threads,
                                new UnitResources(
                                        new PooledBuffers(1 << 20),
                                        threads.blocking(),
                                        clock,
                                        Set.of(1)),
                                (_, _) -> {},
                                10,
                                "boot",
                                false),
                        clock,
                        "boot");
        this.snapshots = new Snapshots(pools, units, copies, background, clock);
        this.lunCopies = new LunCopies(units, copies, background, imports);
    }

    /** Opens the pool in a folder, made where there is none. */
    static CopyRig open(Path folder, ImportFolders imports) throws IOException {
        Path home = folder.resolve("pool");
        FolderFiles files = new FolderFiles(home);
        if (!Files.exists(home)) {
            Files.createDirectory(home);
            Catalog.initialise(files, new PoolIdentity(POOL, "cluster"));
        }
        Catalog catalog = Catalog.open(files);
        catalog.tryReflinks();
        SnapshotSets.settle(List.of(catalog));
        CopyRig rig = new CopyRig(new Pool(home, catalog, 0), imports);
        rig.lunCopies.resume(rig.pools);
        rig.snapshots.resume();
        return rig;
    }

    static String id(int number) {
        return new UUID(number, number).toString();
    }

    /** A LUN that holds a filesystem, as its format state says. */
    CatalogLun lun(int number) throws Exception {
        CatalogLun lun = pool.create(facts(number, LUN_BYTES, null));
        FormatState ready = new FormatState(State.READY, 2, "ext4", "", 0, 1);
        assertThat(lun.changeFormat(FormatState.BLANK, ready)).isTrue();
        return lun;
    }

    static LunFacts facts(int number, long bytes, @Nullable LunSource source) {
        return new LunFacts(id(number), "volume", bytes, "cluster", 512, Instant.EPOCH, source);
    }

    CatalogSnapshot snapshot(CatalogLun lun, int number) throws Exception {
        return snapshots.create(List.of(entry(lun, number)), "").getFirst();
    }

    static Snapshots.Entry entry(CatalogLun lun, int number) {
        return new Snapshots.Entry(POOL, lun.facts().id(), id(number), "snapshot");
    }

    CatalogSnapshot whole(CatalogSnapshot snapshot) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (snapshot.state() == CatalogSnapshot.State.COPYING) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(snapshot.state()).isEqualTo(CatalogSnapshot.State.READY);
        return snapshot;
    }

    CatalogLun whole(CatalogLun lun) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (lun.content() == Content.COPYING || lun.content() == Content.COPYING_INSTANT) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(lun.content()).isEqualTo(Content.READY);
        return lun;
    }

    /** Writes as a session would, through the store that all share; returns once it is done. */
    void write(CatalogLun lun, long offset, byte[] data) throws Exception {
        ByteBuffer from = ByteBuffer.allocateDirect(data.length).put(data).flip();
        run(lun, (store, end) -> store.write(offset, from, false, end));
    }

    void discard(CatalogLun lun, long offset, long length) throws Exception {
        run(lun, (store, end) -> store.discard(offset, length, end));
    }

    /** An operation on a store. */
    interface Operation {
        void start(BlockStore store, BlockStore.StoreCompletion end);
    }

    void run(CatalogLun lun, Operation operation) throws Exception {
        try (OpenStores.Hold hold = units.hold(pool, lun)) {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            operation.start(
                    hold.store(),
                    new BlockStore.StoreCompletion() {
                        @Override
                        public void done() {
                            ended.complete(null);
                        }

                        @Override
                        public void failed(StoreException cause) {
                            ended.completeExceptionally(cause);
                        }
                    });
            ended.get(SECONDS, TimeUnit.SECONDS);
        }
    }

    byte[] bytes(CatalogLun lun) throws IOException {
        return bytes(lun.data(), lun.facts().sizeBytes());
    }

    byte[] bytes(CatalogSnapshot snapshot) throws IOException {
        return bytes(snapshot.data(), snapshot.facts().sizeBytes());
    }

    private byte[] bytes(Path data, long size) throws IOException {
        try (FileChannel file = FileChannel.open(pool.folder().resolve(data))) {
            assertThat(file.size()).isGreaterThanOrEqualTo(size);
            ByteBuffer all = ByteBuffer.allocate((int) size);
            int read;
            do {
                read = file.read(all, all.position());
            } while (read > 0 && all.hasRemaining());
            return all.array();
        }
    }

    @Override
    public void close() {
        background.close();
        units.close();
        copies.close();
        threads.close();
    }
}
