package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.CatalogSnapshot.State;
import dev.lunaria.target.catalog.LunRules;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes and deletes snapshots.
 *
 * <p>Any thread that may block. Several LUNs have one instant: changes of all are held back, at
 * most {@link #HOLD}, while the instant is fixed in each, by reflink or by a copy that hears of
 * every later change before it happens. What was begun and can't be finished is taken back whole.
 */
public final class Snapshots {

    /** So many snapshots one call takes. */
    public static final int MOST_AT_ONCE = 64;

    /** So long writes are held back, at most: initiators wait 30 s for one. */
    static final Duration HOLD = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

    private final Pools pools;
    private final OpenStores stores;
    private final Copies copies;
    private final BackgroundCopies background;
    private final InstantSource clock;
    private final Set<String> beingMade = ConcurrentHashMap.newKeySet();

    public Snapshots(
            Pools pools,
            OpenStores stores,
            Copies copies,
            BackgroundCopies background,
            InstantSource clock) {
        this.pools = pools;
        this.stores = stores;
        this.copies = copies;
        this.background = background;
        this.clock = clock;
    }

    /** One snapshot that is asked for. */
    public record Entry(String pool, String lun, String snapshot, String name) {}

    /**
     * Takes all at one instant, or returns those that are there already and are the same.
     *
     * @param group UUID, or empty
     * @throws RefusedException INVALID, NOT_FOUND, EXISTS_OTHERWISE, EXHAUSTED; PRECONDITION: a LUN
     *     is being formatted or copied, is damaged, or only some are there; CONFLICT
     */
    public List<CatalogSnapshot> create(List<Entry> entries, String group)
            throws RefusedException, IOException {
        check(entries, group);
        List<String> ids = entries.stream().map(Entry::snapshot).toList();
        List<String> mine = new ArrayList<>();
        try {
            for (String id : ids) {
                if (!beingMade.add(id)) {
                    throw new RefusedException(
                            Reason.CONFLICT,
                            "snapshot %s is just being taken: repeat the call".formatted(id));
                }
                mine.add(id);
            }
            List<CatalogSnapshot> there = existing(entries);
            return there.isEmpty() ? take(entries, ids, group) : there;
        } finally {
            mine.forEach(beingMade::remove);
        }
    }

    /**
     * Deletes a snapshot; nothing to do where there is none. LUNs that were made from it stay.
     *
     * @throws RefusedException PRECONDITION while a LUN is being filled from it; CONFLICT while it
     *     is being taken
     */
    public void delete(Pool pool, String id) throws RefusedException, IOException {
        if (!beingMade.add(id)) {
            throw new RefusedException(
                    Reason.CONFLICT,
                    "snapshot %s is just being taken: repeat the call".formatted(id));
        }
        try {
            pool.catalog().snapshots().delete(id);
        } finally {
            beingMade.remove(id);
        }
        background.giveUp(id);
    }

    /** Gives back the space of those that failed with an earlier process. Before anybody calls. */
    public void resume() {
        for (Pool pool : pools.all()) {
            for (CatalogSnapshot snapshot : pool.catalog().snapshots().all()) {
                if (snapshot.state() == State.FAILED) {
                    clear(pool, snapshot);
                }
            }
        }
    }

    private static void clear(Pool pool, CatalogSnapshot snapshot) {
        try {
            Copies.clear(pool, snapshot.data());
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("pool", pool.id())
                    .addKeyValue("snapshot", snapshot.facts().id())
                    .setCause(e)
                    .log("a snapshot that failed keeps its space until it is deleted");
        }
    }

    private static void check(List<Entry> entries, String group) throws RefusedException {
        if (entries.isEmpty() || entries.size() > MOST_AT_ONCE) {
            throw new RefusedException(
                    Reason.INVALID, "one call takes 1 to %d snapshots".formatted(MOST_AT_ONCE));
        }
        Set<String> ids = new HashSet<>();
        Set<String> luns = new HashSet<>();
        for (Entry entry : entries) {
            LunRules.checkSnapshot(entry.snapshot(), entry.name(), group);
            if (!ids.add(entry.snapshot()) || !luns.add(entry.pool() + "/" + entry.lun())) {
                throw new RefusedException(
                        Reason.INVALID, "each snapshot and each LUN is named once in a call");
            }
        }
    }

    /** All of them, where they are there; empty where none is. */
    private List<CatalogSnapshot> existing(List<Entry> entries) throws RefusedException {
        List<CatalogSnapshot> there = new ArrayList<>();
        for (Entry entry : entries) {
            Optional<CatalogSnapshot> found =
                    pools.pool(entry.pool()).catalog().snapshots().find(entry.snapshot());
            if (found.isPresent()) {
                refuseOther(found.get(), entry);
                there.add(found.get());
            }
        }
        if (!there.isEmpty() && there.size() < entries.size()) {
            throw new RefusedException(
                    Reason.PRECONDITION,
                    "snapshot %s is there, and others of the call are not: delete it, or choose other ids"
                            .formatted(there.getFirst().facts().id()));
        }
        return there;
    }

    private static void refuseOther(CatalogSnapshot there, Entry asked) throws RefusedException {
        if (!there.facts().lun().equals(asked.lun())
                || !there.facts().name().equals(asked.name())) {
            throw new RefusedException(
                    Reason.EXISTS_OTHERWISE,
                    "snapshot %s is there, of LUN %s as '%s': choose another id"
                            .formatted(
                                    asked.snapshot(), there.facts().lun(), there.facts().name()));
        }
    }

    private List<CatalogSnapshot> take(List<Entry> entries, List<String> ids, String group)
            throws RefusedException, IOException {
        List<Taking> takings = new ArrayList<>();
        boolean taken = false;
        try {
            for (Entry entry : entries) {
                Taking taking = new Taking(pools.pool(entry.pool()), entry, group);
                takings.add(taking);
                taking.prepare(stores, copies);
            }
            checkRoom(takings);
            Quiesce.run(
                    takings.stream().map(Taking::store).toList(),
                    HOLD,
                    deadline -> fix(takings, deadline));
            List<CatalogSnapshot> snapshots = place(takings, ids);
            taken = true;
            takings.forEach(taking -> taking.goOn(background));
            return snapshots;
        } finally {
            if (!taken) {
                takings.forEach(Taking::giveUp);
            }
        }
    }

    private static void checkRoom(List<Taking> takings) throws RefusedException, IOException {
        Map<Pool, Long> needed = new HashMap<>();
        for (Taking taking : takings) {
            needed.merge(taking.pool(), taking.bytesToCopy(), Long::sum);
        }
        for (Map.Entry<Pool, Long> one : needed.entrySet()) {
            Copies.checkRoom(one.getKey(), one.getValue());
        }
    }

    /** The instant: nothing changes in any of the LUNs. */
    private void fix(List<Taking> takings, Quiesce.Deadline deadline)
            throws RefusedException, IOException {
        Instant instant = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        for (Taking taking : takings) {
            taking.describe(instant);
        }
        List<CompletableFuture<Void>> reflinks = new ArrayList<>();
        for (Taking taking : takings) {
            reflinks.add(taking.fix(copies));
        }
        for (CompletableFuture<Void> reflink : reflinks) {
            Quiesce.await(reflink, deadline);
        }
    }

    /** First all are durable, then the first is committed: so a crash leaves all or none. */
    private static List<CatalogSnapshot> place(List<Taking> takings, List<String> ids)
            throws IOException {
        List<CatalogSnapshot> placed = new ArrayList<>();
        for (Taking taking : takings) {
            placed.add(taking.place(ids));
        }
        for (int i = 0; i < placed.size(); i++) {
            takings.get(i).pool().catalog().snapshots().commit(placed.get(i), ids);
        }
        for (CatalogSnapshot snapshot : placed) {
            LOG.atInfo()
                    .addKeyValue("lun", snapshot.facts().lun())
                    .addKeyValue("snapshot", snapshot.facts().id())
                    .addKeyValue("state", snapshot.state())
                    .log("snapshot taken");
        }
        return placed;
    }
}
