package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.Reservations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One LUN of the catalog: its facts, its grants, its format state, its reservations.
 *
 * <p>Any thread: reads see the last durable state without waiting; changes are serialised by the
 * LUN's own lock and are durable before anybody can see them. At most {@link #MAX_PAIRS} nodes.
 */
public final class CatalogLun {

    /** So many nodes may ever have had a grant on one LUN. */
    public static final int MAX_PAIRS = 4096;

    private final DurableFiles files;
    private final Path folder;
    private final List<String> damage;
    private final ReentrantLock changing = new ReentrantLock();
    private final Uses uses;
    private volatile LunFacts facts;
    private volatile SequencedMap<String, Grant> grants;
    private volatile FormatState format;
    private volatile Content content;
    private volatile Unflushed unflushed;
    private volatile Reservations reservations;
    private volatile boolean gone;

    /** In which boot the reservations are; guarded by the lock. */
    private String reservedIn;

    CatalogLun(
            DurableFiles files,
            Path folder,
            LunFacts facts,
            SequencedMap<String, Grant> grants,
            FormatState format,
            Content content,
            Unflushed unflushed,
            KeptReservations kept,
            List<String> damage) {
        this.files = files;
        this.folder = folder;
        this.facts = facts;
        this.grants = Collections.unmodifiableSequencedMap(grants);
        this.format = format;
        this.content = content;
        this.uses = new Uses("LUN " + facts.id());
        this.unflushed = unflushed;
        this.reservations = kept.reservations();
        this.reservedIn = kept.bootId();
        this.damage = List.copyOf(damage);
    }

    public LunFacts facts() {
        return facts;
    }

    /** The sparse file, relative to the pool's folder. */
    public Path data() {
        return folder.resolve(Catalog.DATA);
    }

    /** By node, sorted; unmodifiable. */
    public SequencedMap<String, Grant> grants() {
        return grants;
    }

    public FormatState format() {
        return format;
    }

    /** How far it has been filled from its source. */
    public Content content() {
        return content;
    }

    /** Whether it was deleted. */
    public boolean isGone() {
        return gone;
    }

    /** Which of its documents could not be read, and why; empty for a sound LUN. */
    public List<String> damage() {
        return damage;
    }

    /**
     * Changes the grants as one durable step.
     *
     * @return what {@code change} returned
     * @throws RefusedException what {@code change} threw, or NOT_FOUND where the LUN was deleted,
     *     or PRECONDITION where it is damaged
     * @throws IOException it may or may not have become durable; nobody has seen it
     */
    public <T> T changeGrants(GrantChange<T> change) throws RefusedException, IOException {
        changing.lock();
        try {
            refuseUnlessUsable();
            TreeMap<String, Grant> next = new TreeMap<>(grants);
            T answer = change.apply(next);
            if (next.size() > MAX_PAIRS) {
                throw new RefusedException(
                        Reason.EXHAUSTED,
                        "LUN %s remembers %d nodes, which is the most"
                                .formatted(facts.id(), MAX_PAIRS));
            }
            if (!next.equals(grants)) {
                Catalog.replace(
                        files, folder.resolve(Catalog.GRANTS), Documents.ofGrants(next.values()));
                grants = Collections.unmodifiableSequencedMap(next);
            }
            return answer;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Compares and sets the format state, durably.
     *
     * @return whether the state was {@code expected}
     */
    public boolean changeFormat(FormatState expected, FormatState next)
            throws RefusedException, IOException {
        if (next.generation() <= expected.generation()) {
            throw new IllegalArgumentException("a format state's generation only grows");
        }
        changing.lock();
        try {
            refuseUnlessUsable();
            if (!format.equals(expected)) {
                return false;
            }
            Catalog.replace(files, folder.resolve(Catalog.FORMAT), Documents.ofFormat(next));
            format = next;
            return true;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Makes the LUN at least so large, durably: first the file, then what is said of it, so that it
     * is never said to be longer than it is. What a crash leaves behind the size is a hole.
     *
     * @return whether it has grown
     * @throws RefusedException OUT_OF_RANGE, NOT_FOUND, PRECONDITION
     */
    public boolean expand(long bytes) throws RefusedException, IOException {
        LunRules.checkGrowth(bytes);
        changing.lock();
        try {
            refuseUnlessUsable();
            refuseUnlessWhole();
            if (bytes <= facts.sizeBytes()) {
                return false;
            }
            LunFacts next = facts.withSize(bytes);
            try {
                files.extend(data(), bytes);
            } catch (FileTooLongException e) {
                throw new RefusedException(Reason.OUT_OF_RANGE, String.valueOf(e.getMessage()));
            }
            files.sync(data());
            Catalog.replace(files, folder.resolve(Catalog.LUN), Documents.ofLun(next));
            facts = next;
            return true;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Limits it so, durably.
     *
     * @throws RefusedException INVALID, NOT_FOUND, PRECONDITION
     */
    public void limit(LunLimits limits) throws RefusedException, IOException {
        limits.check();
        changing.lock();
        try {
            refuseUnlessUsable();
            LunFacts next = facts.withLimits(limits);
            if (!next.equals(facts)) {
                Catalog.replace(files, folder.resolve(Catalog.LUN), Documents.ofLun(next));
                facts = next;
            }
        } finally {
            changing.unlock();
        }
    }

    /**
     * It has all of its source, or will never have it; durably.
     *
     * @throws RefusedException NOT_FOUND where it was deleted
     */
    public void contentIs(Content next) throws RefusedException, IOException {
        changing.lock();
        try {
            refuseUnlessUsable();
            Catalog.replace(
                    files, folder.resolve(Catalog.CONTENT), SnapshotDocuments.ofContent(next));
            content = next;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Keeps it from being deleted until the use is closed.
     *
     * @param why what goes on with it, for who is refused
     * @throws RefusedException NOT_FOUND, or PRECONDITION where it is damaged or not whole
     */
    public Uses.Use use(String why) throws RefusedException {
        changing.lock();
        try {
            refuseUnlessUsable();
            refuseUnlessWhole();
            return uses.begin(why);
        } finally {
            changing.unlock();
        }
    }

    /**
     * Refuses what needs all of its bytes.
     *
     * @throws RefusedException PRECONDITION while its source is still being copied, or could not be
     */
    public void refuseUnlessWhole() throws RefusedException {
        switch (content) {
            case READY -> {
                // As it should be.
            }
            case COPYING, COPYING_INSTANT ->
                    throw new RefusedException(
                            Reason.PRECONDITION,
                            "LUN %s is still being copied: wait until its content is READY"
                                    .formatted(facts.id()));
            case FAILED ->
                    throw new RefusedException(
                            Reason.PRECONDITION,
                            "LUN %s could not be filled from its source: delete it"
                                    .formatted(facts.id()));
        }
    }

    /** Who is registered, and who has reserved the LUN. */
    public Reservations reservations() {
        return reservations;
    }

    /** Forgets what the machine's last loss of power ended; once, before anybody is let in. */
    void booted(String bootId) {
        changing.lock();
        try {
            KeptReservations left = new KeptReservations(reservedIn, reservations).in(bootId);
            reservations = left.reservations();
            reservedIn = left.bootId();
        } finally {
            changing.unlock();
        }
    }

    /**
     * Compares and sets the reservations, durably.
     *
     * @return whether they were {@code expected}
     */
    boolean changeReservations(Reservations expected, Reservations next)
            throws RefusedException, IOException {
        changing.lock();
        try {
            refuseUnlessUsable();
            if (!reservations.equals(expected)) {
                return false;
            }
            keep(next);
            return true;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Removes all registrations of an initiator, and what it holds, durably: a part of its fence.
     * May be repeated.
     *
     * @return the reservations as they were
     */
    public Reservations removeReservations(String initiatorName)
            throws RefusedException, IOException {
        changing.lock();
        try {
            Reservations before = reservations;
            if (!before.withoutInitiator(initiatorName).equals(before)) {
                refuseUnlessUsable();
                keep(before.withoutInitiator(initiatorName));
            }
            return before;
        } finally {
            changing.unlock();
        }
    }

    private void keep(Reservations next) throws IOException {
        if (!next.equals(reservations)) {
            Catalog.replace(
                    files,
                    folder.resolve(Catalog.RESERVATIONS),
                    Documents.ofReservations(new KeptReservations(reservedIn, next)));
            reservations = next;
        }
    }

    /** Whether what this writer wrote before the machine's last crash may be lost. */
    public boolean isLost(Unflushed.Writer writer, String bootId) {
        return unflushed.isLost(writer, bootId);
    }

    /**
     * Nodes with a grant whose writes of an earlier boot, or before a failed flush, may be lost.
     */
    public List<String> nodesWithLostWrites(String bootId) {
        return grants.values().stream()
                .filter(grant -> grant.state() == Grant.State.ACTIVE)
                .filter(grant -> isLost(new Unflushed.Writer(grant.node(), grant.epoch()), bootId))
                .map(Grant::node)
                .toList();
    }

    /** Who may have unflushed writes in this boot. */
    public Set<Unflushed.Writer> unflushedWriters(String bootId) {
        Unflushed now = unflushed;
        return now.bootId().equals(bootId) ? now.writers() : Set.of();
    }

    /** Notes durably that these may have unflushed writes from now on. May block. */
    public void writes(Collection<Unflushed.Writer> writers, String bootId)
            throws RefusedException, IOException {
        changeUnflushed(now -> now.with(writers, bootId));
    }

    /** Notes durably that all that was written in this boot is flushed. May block. */
    public void allFlushed(String bootId) throws RefusedException, IOException {
        changeUnflushed(now -> now.writers().isEmpty() ? now : now.flushed(bootId));
    }

    /** Notes durably that who may have unflushed writes may have lost them. May block. */
    public void flushFailed() throws RefusedException, IOException {
        changeUnflushed(Unflushed::flushFailed);
    }

    /**
     * Notes durably that a writer has detached: what it lost concerns nobody any more. May block
     * where it had lost something, else there is nothing to note.
     */
    public void detached(Unflushed.Writer writer, String bootId)
            throws RefusedException, IOException {
        if (isLost(writer, bootId)) {
            changeUnflushed(now -> now.detached(writer, bootId));
        }
    }

    private void changeUnflushed(UnaryOperator<Unflushed> change)
            throws RefusedException, IOException {
        changing.lock();
        try {
            refuseUnlessUsable();
            Unflushed next = withoutDetached(change.apply(unflushed));
            if (!next.equals(unflushed)) {
                Catalog.replace(
                        files, folder.resolve(Catalog.UNFLUSHED), Documents.ofUnflushed(next));
                unflushed = next;
            }
        } finally {
            changing.unlock();
        }
    }

    /** Who was fenced since has detached, and what he lost concerns nobody any more. */
    private Unflushed withoutDetached(Unflushed all) {
        TreeSet<Unflushed.Writer> still = new TreeSet<>(all.lost());
        still.removeIf(writer -> {
            Grant pair = grants.get(writer.node());
            return pair == null
                    || pair.state() != Grant.State.ACTIVE
                    || pair.epoch() != writer.epoch();
        });
        return new Unflushed(all.bootId(), all.writers(), still);
    }

    /** Runs the removal unless a grant lives; afterwards nothing here can be changed. */
    void remove(Removal removal) throws RefusedException, IOException {
        changing.lock();
        try {
            if (gone) {
                return;
            }
            refuseUnlessUsable();
            refuseWhileGranted();
            uses.refuseWhileUsed();
            removal.run();
            gone = true;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Refuses what must not happen while a node may log in.
     *
     * @throws RefusedException PRECONDITION while a grant lives
     */
    public void refuseWhileGranted() throws RefusedException {
        Grant living = firstLiving();
        if (living != null) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "node %s holds a grant on LUN %s: revoke it first"
                            .formatted(living.node(), facts.id()));
        }
    }

    private @Nullable Grant firstLiving() {
        for (Grant grant : grants.values()) {
            if (grant.lives()) {
                return grant;
            }
        }
        return null;
    }

    private void refuseUnlessUsable() throws RefusedException {
        if (gone) {
            throw new RefusedException(Reason.NOT_FOUND, "LUN " + facts.id() + " was deleted");
        }
        if (!damage.isEmpty()) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "LUN %s is damaged (%s): stop the server, and restore its folder or move it away"
                            .formatted(facts.id(), String.join("; ", damage)));
        }
    }

    /** One step from the grants as they are to the grants as they shall be. */
    public interface GrantChange<T> {
        /** Looks at the grants, by node, and changes them in place; runs under the LUN's lock. */
        T apply(SequencedMap<String, Grant> grants) throws RefusedException;
    }

    /** Takes the LUN's folder out of the catalog, durably. */
    interface Removal {
        void run() throws IOException;
    }
}
