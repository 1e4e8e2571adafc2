package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.catalog.CatalogSnapshot.State;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pool's snapshots: {@code snapshots/<UUID>/{data,snapshot.json}}.
 *
 * <p>Any thread; the caller sees to it that one id is made once at a time. Every change is durable
 * when its call returns. Bounded by {@link #MAX_SNAPSHOTS}.
 *
 * <p>A snapshot is built in {@code making} and renamed into {@code snapshots}. Where one call takes
 * several, each names all of them until all are there: {@link SnapshotSets#settle} finds after a
 * crash whether they were, over all pools. One that was still being copied has failed then, because
 * what was written since is known to nobody any more.
 */
public final class CatalogSnapshots {

    /** So many snapshots a pool may hold. */
    public static final int MAX_SNAPSHOTS = 20_000;

    static final String SNAPSHOT = "snapshot.json";
    private static final String PREFIX = "snapshot-";

    private static final Logger LOG = LoggerFactory.getLogger(CatalogSnapshots.class);

    private final DurableFiles files;
    private final String pool;
    private final Removals removals;
    private final ConcurrentSkipListMap<String, CatalogSnapshot> snapshots =
            new ConcurrentSkipListMap<>();
    private final List<Uncommitted> uncommitted = new ArrayList<>();
    private final ReentrantLock deleting = new ReentrantLock();

    /** One of several that a call took, of which it isn't known yet whether all are there. */
    record Uncommitted(CatalogSnapshot snapshot, List<String> set) {}

    CatalogSnapshots(DurableFiles files, String pool, Removals removals) {
        this.files = files;
        this.pool = pool;
        this.removals = removals;
    }

    /** Those that are known, by id; a view that follows. */
    public Collection<CatalogSnapshot> all() {
        return Collections.unmodifiableCollection(snapshots.values());
    }

    /** Those whose ids come after the given one, in order; a view that follows. */
    public Collection<CatalogSnapshot> after(String id) {
        return Collections.unmodifiableCollection(snapshots.tailMap(id, false).values());
    }

    public Optional<CatalogSnapshot> find(String id) {
        return Optional.ofNullable(snapshots.get(id));
    }

    /**
     * Begins to make a snapshot: its file, all a hole, which nobody sees yet.
     *
     * @return the file, relative to the pool's folder
     * @throws RefusedException EXHAUSTED
     */
    public Path prepare(String id, long bytes) throws RefusedException, IOException {
        if (snapshots.size() >= MAX_SNAPSHOTS) {
            throw new RefusedException(
                    Reason.EXHAUSTED,
                    "the pool holds %d snapshots, which is the most".formatted(MAX_SNAPSHOTS));
        }
        giveUp(id);
        Path work = work(id);
        files.createFolder(work);
        files.createSparse(work.resolve(Catalog.DATA), bytes);
        return work.resolve(Catalog.DATA);
    }

    /**
     * Puts a prepared snapshot to its place, durably. Nobody sees it before {@link #commit}.
     *
     * @param set ids of all that the call takes
     */
    public CatalogSnapshot place(SnapshotFacts facts, State state, List<String> set)
            throws IOException {
        Path work = work(facts.id());
        List<String> others = set.size() > 1 ? set : List.of();
        files.write(work.resolve(SNAPSHOT), SnapshotDocuments.ofSnapshot(facts, state, others));
        files.sync(work.resolve(Catalog.DATA));
        files.sync(work.resolve(SNAPSHOT));
        files.syncFolder(work);
        files.rename(work, home(facts.id()));
        files.syncFolder(Catalog.SNAPSHOTS);
        files.syncFolder(Catalog.MAKING);
        return new CatalogSnapshot(files, home(facts.id()), facts, state);
    }

    /** Makes a snapshot known whose call has placed all that it takes. */
    public void commit(CatalogSnapshot snapshot, List<String> set) throws IOException {
        if (set.size() > 1) {
            snapshot.write(List.of());
        }
        snapshots.put(snapshot.facts().id(), snapshot);
    }

    /** Removes what was prepared or placed of a snapshot that is not known; best effort. */
    public void giveUp(String id) throws IOException {
        snapshots.remove(id);
        removals.removeTree(work(id));
        if (files.exists(home(id))) {
            removals.takeAway(Catalog.SNAPSHOTS, id, PREFIX + id);
            removals.remove(PREFIX + id);
        }
    }

    /**
     * Removes a snapshot with its data; nothing to do where there is none.
     *
     * @throws RefusedException PRECONDITION while something is copied from it
     * @throws IOException it may or may not be removed after a restart; still there until then
     */
    public void delete(String id) throws RefusedException, IOException {
        deleting.lock();
        try {
            CatalogSnapshot snapshot = snapshots.get(id);
            if (snapshot == null) {
                return;
            }
            snapshot.remove(() -> removals.takeAway(Catalog.SNAPSHOTS, id, PREFIX + id));
            snapshots.remove(id);
            removals.remove(PREFIX + id);
        } finally {
            deleting.unlock();
        }
    }

    /** Reads all at the start. One that can't be read has failed: it is of no use. */
    void load() throws IOException {
        for (String id : files.list(Catalog.SNAPSHOTS)) {
            SnapshotDocuments.Snapshot read = read(id);
            if (read == null) {
                continue;
            }
            boolean whole = read.state() == State.READY && isWhole(id, read.facts());
            CatalogSnapshot snapshot =
                    new CatalogSnapshot(
                            files, home(id), read.facts(), whole ? State.READY : State.FAILED);
            if (!read.uncommittedSet().isEmpty()) {
                uncommitted.add(new Uncommitted(snapshot, read.uncommittedSet()));
                continue;
            }
            if (!whole && read.state() != State.FAILED) {
                LOG.atWarn()
                        .addKeyValue("pool", pool)
                        .addKeyValue("snapshot", id)
                        .log("the snapshot was unfinished when the server stopped: it has failed");
                snapshot.write(List.of());
            }
            snapshots.put(id, snapshot);
        }
    }

    /** What {@link #load} found and did not decide; emptied by it. */
    List<Uncommitted> takeUncommitted() {
        List<Uncommitted> taken = List.copyOf(uncommitted);
        uncommitted.clear();
        return taken;
    }

    private SnapshotDocuments.@Nullable Snapshot read(String id) throws IOException {
        try {
            SnapshotDocuments.Snapshot read =
                    SnapshotDocuments.snapshot(files.read(home(id).resolve(SNAPSHOT)));
            if (read.facts().id().equals(id)) {
                return read;
            }
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("snapshot", id).log("has no snapshot.json");
        } catch (CatalogException e) {
            if (e.problem() == Problem.NEWER) {
                throw new CatalogException(
                        Problem.NEWER, home(id).resolve(SNAPSHOT) + ": " + e.getMessage());
            }
        }
        LOG.atError()
                .addKeyValue("pool", pool)
                .addKeyValue("snapshot", id)
                .log("the snapshot's document can't be read: it is left alone, and not shown");
        return null;
    }

    private boolean isWhole(String id, SnapshotFacts facts) throws IOException {
        try {
            return files.size(home(id).resolve(Catalog.DATA)) >= facts.sizeBytes();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Path work(String id) {
        return Catalog.MAKING.resolve(PREFIX + id);
    }

    private static Path home(String id) {
        return Catalog.SNAPSHOTS.resolve(id);
    }
}
