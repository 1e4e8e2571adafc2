package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.Beginning.Begun;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.Uses;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.store.ChunkedCopy;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One LUN while another is made from it, and what has to be given back where it isn't. Owned by the
 * thread that makes it.
 */
final class Cloning implements AutoCloseable {

    private final Pool pool;
    private final CatalogLun origin;
    private final long bytes;
    private final Uses.Use use;
    private final Copies copies;
    private OpenStores.@Nullable Hold hold;
    private @Nullable ChunkedCopy copy;
    private boolean handedOver;

    /** Of an origin that is so large, which the new LUN can hold. */
    Cloning(Pool pool, CatalogLun origin, long bytes, Uses.Use use, Copies copies) {
        this.pool = pool;
        this.origin = origin;
        this.bytes = bytes;
        this.use = use;
        this.copies = copies;
    }

    /** Whoever uses the origin uses the same store from here on. */
    void open(OpenStores stores) throws RefusedException, IOException {
        hold = stores.hold(pool, origin);
    }

    private CopyBeforeWriteStore store() {
        if (hold == null) {
            throw new IllegalStateException("opened before");
        }
        return hold.store();
    }

    /** The instant: the new LUN's file begins with what the origin holds now. */
    Begun begin(Path data) throws RefusedException, IOException {
        LunCopies.refuseWhileFormatting(origin);
        ChunkedCopy chunks =
                pool.catalog().reflinks() ? null : copies.chunks(pool, origin.data(), data, bytes);
        copy = chunks;
        FormatState[] format = {FormatState.BLANK};
        Quiesce.run(
                List.of(store()),
                Snapshots.HOLD,
                deadline -> {
                    refuseIfGrown();
                    // Writes are held back: what is BLANK now has nothing in its file.
                    format[0] = LunCopies.refuseWhileFormatting(origin).inherited();
                    if (chunks == null) {
                        Quiesce.await(copies.reflink(pool, origin.data(), data), deadline);
                    } else {
                        store().attach(chunks);
                    }
                });
        return new Begun(format[0], chunks == null ? Content.READY : Content.COPYING_INSTANT);
    }

    private void refuseIfGrown() throws RefusedException {
        if (origin.facts().sizeBytes() != bytes) {
            throw new RefusedException(
                    Reason.CONFLICT,
                    "LUN %s has just grown: repeat the call".formatted(origin.facts().id()));
        }
    }

    /** The LUN is made: copies what is left. */
    void goOn(BackgroundCopies background, CatalogLun lun) {
        ChunkedCopy chunks = copy;
        if (chunks == null) {
            return;
        }
        handedOver = true;
        background.start(
                lun.facts().id(),
                pool,
                chunks,
                new LunCopies.Filling(lun),
                () -> {
                    store().detach(chunks);
                    release();
                });
    }

    private void release() {
        if (hold != null) {
            hold.close();
        }
        use.close();
    }

    /** Gives back what nobody goes on with. */
    @Override
    public void close() {
        if (handedOver) {
            return;
        }
        if (copy != null) {
            store().detach(copy);
            copy.close();
        }
        release();
    }
}
