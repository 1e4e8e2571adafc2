package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.CatalogSnapshot.State;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.SnapshotFacts;
import dev.lunaria.target.catalog.Uses;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.store.ChunkedCopy;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One snapshot while it is being taken, and what has to be given back where it isn't. Owned by the
 * thread that takes it.
 */
final class Taking {

    private static final Logger LOG = LoggerFactory.getLogger(Taking.class);

    private final Pool pool;
    private final Snapshots.Entry entry;
    private final String group;
    private @Nullable Source source;
    private @Nullable SnapshotFacts facts;
    private @Nullable ChunkedCopy copy;
    private @Nullable CatalogSnapshot placed;

    /** What is needed of the LUN as long as bytes are read of it. */
    private record Source(
            CatalogLun lun, Uses.Use use, OpenStores.Hold hold, Path data, long bytes) {
        void close() {
            hold.close();
            use.close();
        }
    }

    Taking(Pool pool, Snapshots.Entry entry, String group) {
        this.pool = pool;
        this.entry = entry;
        this.group = group;
    }

    Pool pool() {
        return pool;
    }

    /** All that can be done before writes are held back. */
    void prepare(OpenStores stores, Copies copies) throws RefusedException, IOException {
        CatalogLun lun = pool.lun(entry.lun());
        LunCopies.refuseWhileFormatting(lun);
        Uses.Use use = lun.use("snapshot %s is being copied".formatted(entry.snapshot()));
        OpenStores.Hold hold;
        try {
            hold = stores.hold(pool, lun);
        } catch (RefusedException | IOException | RuntimeException e) {
            use.close();
            throw e;
        }
        long bytes = lun.facts().sizeBytes();
        try {
            Path data = pool.catalog().snapshots().prepare(entry.snapshot(), bytes);
            source = new Source(lun, use, hold, data, bytes);
        } catch (RefusedException | IOException | RuntimeException e) {
            hold.close();
            use.close();
            throw e;
        }
        if (pool.catalog().reflinks()) {
            // Or the reflink writes all of it back while everybody waits.
            pool.catalog().syncData(lun);
        } else {
            copy = copies.chunks(pool, lun.data(), source().data(), bytes);
        }
    }

    private Source source() {
        if (source == null) {
            throw new IllegalStateException("prepared before");
        }
        return source;
    }

    CopyBeforeWriteStore store() {
        return source().hold().store();
    }

    /** How much of the pool the copy may take. */
    long bytesToCopy() throws IOException {
        return copy == null ? 0 : Copies.allocatedBytes(pool, source().lun().data());
    }

    /** At the instant: what it is a snapshot of. Writes are held back, so this can't change. */
    void describe(Instant instant) throws RefusedException {
        CatalogLun lun = source().lun();
        FormatState format = LunCopies.refuseWhileFormatting(lun);
        LunFacts now = lun.facts();
        if (now.sizeBytes() != source().bytes()) {
            throw new RefusedException(
                    Reason.CONFLICT, "LUN %s has just grown: repeat the call".formatted(now.id()));
        }
        facts =
                new SnapshotFacts(
                        entry.snapshot(),
                        entry.lun(),
                        entry.name(),
                        group,
                        now.sizeBytes(),
                        now.logicalBlockBytes(),
                        now.clusterId(),
                        format,
                        instant);
    }

    /** At the instant: from here on what the LUN holds now can't be lost by a write. */
    CompletableFuture<Void> fix(Copies copies) {
        if (copy == null) {
            return copies.reflink(pool, source().lun().data(), source().data());
        }
        store().attach(copy);
        return CompletableFuture.completedFuture(null);
    }

    /** Puts it to its place. */
    CatalogSnapshot place(List<String> set) throws IOException {
        if (facts == null) {
            throw new IllegalStateException("described before");
        }
        State state = copy == null ? State.READY : State.COPYING;
        placed = pool.catalog().snapshots().place(facts, state, set);
        return placed;
    }

    /** It is taken: copies what is left, or lets go of the LUN. */
    void goOn(BackgroundCopies background) {
        ChunkedCopy copying = copy;
        CatalogSnapshot snapshot = placed;
        if (copying == null || snapshot == null) {
            source().close();
            return;
        }
        background.start(
                entry.snapshot(),
                pool,
                copying,
                new BackgroundCopies.Outcome() {
                    @Override
                    public boolean isGone() {
                        return snapshot.isGone();
                    }

                    @Override
                    public void whole() throws RefusedException, IOException {
                        snapshot.ready();
                    }

                    @Override
                    public void failed() throws RefusedException, IOException {
                        snapshot.failed();
                    }
                },
                () -> {
                    store().detach(copying);
                    source().close();
                });
    }

    /** It is not taken after all: nothing of it stays. */
    void giveUp() {
        if (source == null) {
            return;
        }
        if (copy != null) {
            store().detach(copy);
            copy.close();
        }
        source.close();
        try {
            pool.catalog().snapshots().giveUp(entry.snapshot());
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("snapshot", entry.snapshot())
                    .setCause(e)
                    .log("what was begun of a snapshot can't be removed: at the next start");
        }
    }
}
