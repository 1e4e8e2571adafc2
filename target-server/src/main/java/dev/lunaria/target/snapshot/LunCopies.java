package dev.lunaria.target.snapshot;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.target.catalog.Beginning.Begun;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.LunSource;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.Uses;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.store.ChunkedCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes LUNs that begin as a copy: of a snapshot, of a LUN at the instant of the call, or of an
 * image file.
 *
 * <p>Any thread that may block. Where the pool's files can share bytes the LUN is whole at once;
 * elsewhere it is made, and filled in the background before anybody can be granted it. What is
 * filled from a snapshot or an image goes on after a restart, from the beginning.
 */
public final class LunCopies {

    private static final Logger LOG = LoggerFactory.getLogger(LunCopies.class);

    private final OpenStores stores;
    private final Copies copies;
    private final BackgroundCopies background;
    private final ImportFolders imports;
    private final Set<String> beingMade = ConcurrentHashMap.newKeySet();

    public LunCopies(
            OpenStores stores, Copies copies, BackgroundCopies background, ImportFolders imports) {
        this.stores = stores;
        this.copies = copies;
        this.background = background;
        this.imports = imports;
    }

    /**
     * Makes a LUN, or returns the same one that is there.
     *
     * @param facts the block size is taken from the source; a size of 0 means that of an image
     * @throws RefusedException NOT_FOUND, OUT_OF_RANGE, PRECONDITION or CONFLICT of the source
     */
    public CatalogLun create(Pool pool, LunFacts facts) throws RefusedException, IOException {
        if (!beingMade.add(facts.id())) {
            throw new RefusedException(
                    Reason.CONFLICT,
                    "LUN %s is just being made: repeat the call".formatted(facts.id()));
        }
        try {
            Optional<CatalogLun> there = pool.catalog().find(facts.id());
            if (there.isPresent()) {
                return again(pool, there.get(), facts);
            }
            return switch (facts.source()) {
                case LunSource.OfSnapshot source -> ofSnapshot(pool, facts, source);
                case LunSource.OfLun source -> ofLun(pool, facts, source);
                case LunSource.OfImage source -> ofImage(pool, facts, source);
                case null -> pool.create(facts);
            };
        } finally {
            beingMade.remove(facts.id());
        }
    }

    private CatalogLun again(Pool pool, CatalogLun there, LunFacts facts)
            throws RefusedException, IOException {
        boolean anySize = facts.sizeBytes() == 0 && facts.source() instanceof LunSource.OfImage;
        CatalogLun same = pool.create(anySize ? facts.withSize(there.facts().sizeBytes()) : facts);
        if (same.content() == Content.COPYING && !background.isCopying(facts.id())) {
            // The earlier call made it, and could not begin to fill it.
            resume(pool, same);
        }
        return same;
    }

    /** Goes on with what a restart interrupted. Before anybody can call. */
    public void resume(Pools pools) {
        for (Pool pool : pools.all()) {
            for (CatalogLun lun : pool.catalog().luns()) {
                if (lun.damage().isEmpty()) {
                    resumeUnlessWhole(pool, lun);
                }
            }
        }
    }

    private void resumeUnlessWhole(Pool pool, CatalogLun lun) {
        switch (lun.content()) {
            case READY, COPYING_INSTANT -> {
                // The catalog makes FAILED of the latter as it loads.
            }
            case COPYING -> resume(pool, lun);
            case FAILED -> {
                try {
                    Copies.clear(pool, lun.data());
                } catch (IOException e) {
                    LOG.atWarn()
                            .addKeyValue("lun", lun.facts().id())
                            .setCause(e)
                            .log("a LUN that failed keeps its space until it is deleted");
                }
            }
        }
    }

    private void resume(Pool pool, CatalogLun lun) {
        try {
            switch (lun.facts().source()) {
                case LunSource.OfSnapshot source -> fill(pool, lun, snapshot(pool, source));
                case LunSource.OfImage source -> fill(pool, lun, imports.open(source.path()));
                case LunSource.OfLun _ -> lun.contentIs(Content.FAILED);
                case null -> lun.contentIs(Content.FAILED);
            }
        } catch (RefusedException | IOException e) {
            LOG.atError()
                    .addKeyValue("pool", pool.id())
                    .addKeyValue("lun", lun.facts().id())
                    .setCause(e)
                    .log("the LUN can't be filled from its source any more: it has failed");
            fail(lun);
        }
    }

    private static void fail(CatalogLun lun) {
        try {
            lun.contentIs(Content.FAILED);
        } catch (RefusedException | IOException e) {
            LOG.atError()
                    .addKeyValue("lun", lun.facts().id())
                    .setCause(e)
                    .log("that it failed can't be noted: tried again at the next start");
        }
    }

    private CatalogLun ofSnapshot(Pool pool, LunFacts facts, LunSource.OfSnapshot source)
            throws RefusedException, IOException {
        CatalogSnapshot snapshot = snapshot(pool, source);
        checkSize(facts, snapshot.facts().sizeBytes());
        FormatState format = snapshot.facts().format().inherited();
        LunFacts like = facts.withBlocks(snapshot.facts().logicalBlockBytes());
        // Until the copy has a use of its own, so that it isn't deleted in between.
        try (Uses.Use _ = snapshot.use("LUN %s is made from it".formatted(facts.id()))) {
            if (pool.catalog().reflinks()) {
                return pool.create(
                        like,
                        data -> {
                            pool.catalog().reflink(snapshot.data(), data);
                            return new Begun(format, Content.READY);
                        });
            }
            Copies.checkRoom(pool, Copies.allocatedBytes(pool, snapshot.data()));
            CatalogLun lun = pool.create(like, _ -> new Begun(format, Content.COPYING));
            fill(pool, lun, snapshot);
            return lun;
        }
    }

    private static CatalogSnapshot snapshot(Pool pool, LunSource.OfSnapshot source)
            throws RefusedException {
        CatalogSnapshot snapshot = pool.snapshot(source.snapshot());
        snapshot.refuseUnlessReady();
        return snapshot;
    }

    private CatalogLun ofLun(Pool pool, LunFacts facts, LunSource.OfLun source)
            throws RefusedException, IOException {
        CatalogLun origin = pool.lun(source.lun());
        LunFacts of = origin.facts();
        checkSize(facts, of.sizeBytes());
        if (pool.catalog().reflinks()) {
            // Or the reflink writes all of it back while everybody waits.
            pool.catalog().syncData(origin);
        } else {
            Copies.checkRoom(pool, Copies.allocatedBytes(pool, origin.data()));
        }
        Cloning cloning =
                new Cloning(
                        pool,
                        origin,
                        of.sizeBytes(),
                        origin.use("LUN %s is being cloned from it".formatted(facts.id())),
                        copies);
        try {
            cloning.open(stores);
            LunFacts like = facts.withBlocks(of.logicalBlockBytes());
            CatalogLun lun = pool.create(like, cloning::begin);
            cloning.goOn(background, lun);
            return lun;
        } finally {
            cloning.close();
        }
    }

    private CatalogLun ofImage(Pool pool, LunFacts facts, LunSource.OfImage source)
            throws RefusedException, IOException {
        Descriptor image = imports.open(source.path());
        boolean filling = false;
        try {
            FileStatus status = FileStatus.of(image);
            LunFacts sized =
                    facts.sizeBytes() == 0 ? facts.withSize(roundUp(status.sizeBytes())) : facts;
            checkSize(sized, status.sizeBytes());
            Copies.checkRoom(pool, status.allocatedBytes());
            FormatState format = FormatState.holding(source.filesystem());
            CatalogLun lun = pool.create(sized, _ -> new Begun(format, Content.COPYING));
            filling = true;
            fill(pool, lun, image);
            return lun;
        } finally {
            if (!filling) {
                image.close();
            }
        }
    }

    private static long roundUp(long bytes) {
        long unit = Catalog.SIZE_UNIT_BYTES;
        return (bytes + unit - 1) / unit * unit;
    }

    private static void checkSize(LunFacts facts, long least) throws RefusedException {
        if (facts.sizeBytes() < least) {
            throw new RefusedException(
                    Reason.OUT_OF_RANGE,
                    "a LUN of %d bytes can't hold its source of %d bytes"
                            .formatted(facts.sizeBytes(), least));
        }
    }

    private void fill(Pool pool, CatalogLun lun, CatalogSnapshot snapshot)
            throws RefusedException, IOException {
        Uses.Use use = snapshot.use("LUN %s is being filled from it".formatted(lun.facts().id()));
        try {
            ChunkedCopy copy =
                    copies.chunks(pool, snapshot.data(), lun.data(), snapshot.facts().sizeBytes());
            fill(pool, lun, copy, use::close);
        } catch (IOException | RuntimeException e) {
            use.close();
            throw e;
        }
    }

    private void fill(Pool pool, CatalogLun lun, Descriptor image) throws IOException {
        Path data = pool.data(lun);
        long bytes = Math.min(FileStatus.of(image).sizeBytes(), lun.facts().sizeBytes());
        fill(pool, lun, copies.chunks(image, data, bytes), LunCopies::nothing);
    }

    private void fill(Pool pool, CatalogLun lun, ChunkedCopy copy, Runnable letGo)
            throws IOException {
        try {
            // What an earlier process copied may be of another state of the image.
            copy.clearDestination();
        } catch (IOException | RuntimeException e) {
            copy.close();
            throw e;
        }
        background.start(lun.facts().id(), pool, copy, new Filling(lun), letGo);
    }

    private static void nothing() {}

    /** A LUN that is being filled. Called by one thread at a time. */
    record Filling(CatalogLun lun) implements BackgroundCopies.Outcome {
        @Override
        public boolean isGone() {
            return lun.isGone();
        }

        @Override
        public void whole() throws RefusedException, IOException {
            lun.contentIs(Content.READY);
        }

        @Override
        public void failed() throws RefusedException, IOException {
            lun.contentIs(Content.FAILED);
        }
    }

    /** Whether a LUN can be copied now: not while it is half-made. */
    static FormatState refuseWhileFormatting(CatalogLun lun) throws RefusedException {
        FormatState format = lun.format();
        if (format.state() == FormatStatePage.State.FORMATTING) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "LUN %s is being formatted by node %s: wait until it is READY"
                            .formatted(lun.facts().id(), format.ownerNode()));
        }
        return format;
    }
}
