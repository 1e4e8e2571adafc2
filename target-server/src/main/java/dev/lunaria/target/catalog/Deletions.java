package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ids of the LUNs that were deleted last, so that none is made again: a call that makes one and was
 * still on the wire when its deletion returned must not bring it back. Ids are UUIDs that somebody
 * has drawn, nobody means two LUNs by one.
 *
 * <p>Any thread. Durable before the deletion is. Bounded by {@link #REMEMBERED}: a call that
 * arrives after so many further deletions is beyond any time-out.
 */
final class Deletions {

    /** So many ids are remembered; the oldest is forgotten first. */
    static final int REMEMBERED = 1024;

    private final DurableFiles files;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile SequencedSet<String> ids;

    private Deletions(DurableFiles files, SequencedSet<String> ids) {
        this.files = files;
        this.ids = ids;
    }

    /**
     * Reads them; none where there is no document.
     *
     * @throws CatalogException NEWER; GARBAGE, which concerns nobody's data: remove the file
     */
    static Deletions open(DurableFiles files) throws IOException {
        if (!files.exists(Catalog.DELETED)) {
            return new Deletions(files, new LinkedHashSet<>());
        }
        List<String> read = SnapshotDocuments.deletions(files.read(Catalog.DELETED));
        return new Deletions(files, new LinkedHashSet<>(read));
    }

    /** Remembers an id, durably. */
    void add(String id) throws IOException {
        changing.lock();
        try {
            if (ids.contains(id)) {
                return;
            }
            List<String> next = new ArrayList<>(ids);
            next.add(id);
            if (next.size() > REMEMBERED) {
                next.removeFirst();
            }
            Catalog.replace(files, Catalog.DELETED, SnapshotDocuments.ofDeletions(next));
            ids = new LinkedHashSet<>(next);
        } finally {
            changing.unlock();
        }
    }

    /**
     * Refuses to make what was deleted.
     *
     * @throws RefusedException PRECONDITION
     */
    void refuse(String id) throws RefusedException {
        if (ids.contains(id)) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "%s was deleted, and an id is not used twice: choose another id".formatted(id));
        }
    }
}
