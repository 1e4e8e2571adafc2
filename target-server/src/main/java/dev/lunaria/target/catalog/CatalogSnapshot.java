package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One snapshot of the catalog. Its bytes never change once it is READY.
 *
 * <p>Any thread: reads see the last durable state without waiting; changes are serialised by the
 * snapshot's own lock and are durable before anybody can see them.
 */
public final class CatalogSnapshot {

    private final DurableFiles files;
    private final Path folder;
    private final SnapshotFacts facts;
    private final ReentrantLock changing = new ReentrantLock();
    private final Uses uses;
    private volatile State state;
    private volatile boolean gone;

    /** How far it is. */
    public enum State {
        /** The instant is fixed; bytes are still being copied. */
        COPYING,
        /** Whole and durable. */
        READY,
        /** It could not be finished. */
        FAILED
    }

    CatalogSnapshot(DurableFiles files, Path folder, SnapshotFacts facts, State state) {
        this.files = files;
        this.folder = folder;
        this.facts = facts;
        this.state = state;
        this.uses = new Uses("snapshot " + facts.id());
    }

    public SnapshotFacts facts() {
        return facts;
    }

    public State state() {
        return state;
    }

    /** Its bytes, relative to the pool's folder. */
    public Path data() {
        return folder.resolve(Catalog.DATA);
    }

    /** Whether it was deleted. */
    public boolean isGone() {
        return gone;
    }

    /**
     * It is whole and durable.
     *
     * @throws RefusedException NOT_FOUND where it was deleted
     */
    public void ready() throws RefusedException, IOException {
        become(State.READY);
    }

    /**
     * It can't be finished. Where that can't be noted it is known to this process only; it is found
     * unfinished at the next start, and has failed then too.
     *
     * @throws RefusedException NOT_FOUND where it was deleted
     */
    public void failed() throws RefusedException, IOException {
        state = State.FAILED;
        become(State.FAILED);
    }

    /**
     * Keeps it from being deleted until the use is closed.
     *
     * @param why what goes on with it, for who is refused
     * @throws RefusedException NOT_FOUND where it was deleted; PRECONDITION where it isn't READY
     */
    public Uses.Use use(String why) throws RefusedException {
        changing.lock();
        try {
            refuseUnlessReady();
            return uses.begin(why);
        } finally {
            changing.unlock();
        }
    }

    /**
     * Refuses what needs all of its bytes.
     *
     * @throws RefusedException NOT_FOUND where it was deleted; PRECONDITION where it isn't READY
     */
    public void refuseUnlessReady() throws RefusedException {
        refuseIfGone();
        switch (state) {
            case READY -> {
                // As it should be.
            }
            case COPYING ->
                    throw new RefusedException(
                            Reason.PRECONDITION,
                            "snapshot %s is still being copied: wait until it is READY"
                                    .formatted(facts.id()));
            case FAILED ->
                    throw new RefusedException(
                            Reason.PRECONDITION,
                            "snapshot %s could not be finished: delete it, and take another"
                                    .formatted(facts.id()));
        }
    }

    /** Runs the removal unless somebody uses it; afterwards nothing here can be changed. */
    void remove(CatalogLun.Removal removal) throws RefusedException, IOException {
        changing.lock();
        try {
            if (gone) {
                return;
            }
            uses.refuseWhileUsed();
            removal.run();
            gone = true;
        } finally {
            changing.unlock();
        }
    }

    /** Writes its document: of one whose call has not returned where others are named. */
    void write(List<String> uncommittedSet) throws IOException {
        Catalog.replace(
                files,
                folder.resolve(CatalogSnapshots.SNAPSHOT),
                SnapshotDocuments.ofSnapshot(facts, state, uncommittedSet));
    }

    private void become(State next) throws RefusedException, IOException {
        changing.lock();
        try {
            refuseIfGone();
            Catalog.replace(
                    files,
                    folder.resolve(CatalogSnapshots.SNAPSHOT),
                    SnapshotDocuments.ofSnapshot(facts, next, List.of()));
            state = next;
        } finally {
            changing.unlock();
        }
    }

    private void refuseIfGone() throws RefusedException {
        if (gone) {
            throw new RefusedException(Reason.NOT_FOUND, "snapshot " + facts.id() + " was deleted");
        }
    }
}
