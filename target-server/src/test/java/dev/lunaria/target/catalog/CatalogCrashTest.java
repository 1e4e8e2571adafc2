package dev.lunaria.target.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.Registrant;
import dev.lunaria.target.device.Reservations;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Power may fail at any step of any change. Afterwards every change whose call had returned is
 * there, the one under way is there whole or not at all, and neither a format state nor an epoch
 * has gone back.
 */
class CatalogCrashTest {

    private static final PoolIdentity POOL =
            new PoolIdentity("7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f", "cluster");
    private static final String BOOT = "boot";
    private static final int SCRIPTS = 36;
    private static final int CHANGES = 18;
    private static final int OUTCOMES = 3;

    /** One change of the catalog; which one follows from the seed alone. */
    private interface Change {
        void apply(Catalog catalog) throws IOException, RefusedException;
    }

    /** What the catalog says of one LUN. */
    private record Seen(
            LunFacts facts,
            SequencedMap<String, Grant> grants,
            FormatState format,
            Content content,
            Set<Writer> unflushed,
            Reservations reservations) {}

    /** What the catalog says of one snapshot. */
    private record SeenSnapshot(SnapshotFacts facts, CatalogSnapshot.State state) {}

    /** All that the catalog says. */
    private record World(Map<String, Seen> luns, Map<String, SeenSnapshot> snapshots) {}

    @Test
    void whatever_returned_before_a_crash_is_there_after_it_and_nothing_half() throws Exception {
        int points = 0;
        for (int seed = 0; seed < SCRIPTS; seed++) {
            List<Change> script = script(seed);
            List<World> states = new ArrayList<>();
            List<Long> ends = new ArrayList<>();
            CrashingFiles whole = new CrashingFiles();
            run(whole, script, states, ends);
            for (long step = ends.getFirst(); step <= ends.getLast(); step++) {
                CrashingFiles files = new CrashingFiles();
                files.crashAt(step);
                int done = run(files, script, new ArrayList<>(), new ArrayList<>());
                for (int outcome = 0; outcome < OUTCOMES; outcome++) {
                    points++;
                    check(
                            files,
                            states,
                            done,
                            new SplittableRandom(seed * 31L + outcome),
                            seed,
                            step);
                }
            }
        }
        System.out.println("CatalogCrashTest: " + points + " crash points");
        assertThat(points).isGreaterThan(4_000);
    }

    @Test
    void a_crash_while_the_pool_is_made_leaves_a_pool_or_a_folder_to_begin_again()
            throws IOException {
        for (int step = 0; step < 14; step++) {
            for (int seed = 0; seed < 50; seed++) {
                CrashingFiles files = new CrashingFiles();
                files.crashAt(step);
                try {
                    Catalog.initialise(files, POOL);
                } catch (CrashingFiles.Crash e) {
                    // As planned.
                }
                CrashingFiles after = files.afterCrash(new SplittableRandom(seed));
                if (!after.exists(Catalog.POOL)) {
                    Catalog.initialise(after, POOL);
                }
                assertThat(Catalog.open(after).identity()).isEqualTo(POOL);
            }
        }
    }

    /** Applies changes until the crash, if there is one; returns how many returned. */
    private static int run(
            CrashingFiles files, List<Change> script, List<World> states, List<Long> ends)
            throws IOException, RefusedException {
        int done = 0;
        try {
            Catalog.initialise(files, POOL);
            Catalog catalog = Catalog.open(files);
            states.add(seen(catalog));
            ends.add(files.steps());
            for (Change change : script) {
                change.apply(catalog);
                done++;
                states.add(seen(catalog));
                ends.add(files.steps());
            }
        } catch (CrashingFiles.Crash e) {
            // As planned.
        }
        return done;
    }

    private static void check(
            CrashingFiles files,
            List<World> states,
            int done,
            RandomGenerator random,
            int seed,
            long step)
            throws IOException {
        CrashingFiles after = files.afterCrash(random);
        String where = "seed %d, crash at step %d, in change %d".formatted(seed, step, done);
        if (random.nextBoolean()) {
            // The power fails again while the server recovers.
            after.crashAt(random.nextInt(8));
            try {
                open(after);
            } catch (CrashingFiles.Crash e) {
                // As planned.
            }
            after = after.afterCrash(random);
        }
        Catalog recovered = open(after);
        World found = seen(recovered);
        assertThat(recovered.damaged()).as(where).isEmpty();
        assertThat(found)
                .as(where)
                .isIn(afterRestart(states.get(done)), afterRestart(next(states, done)));
        assertThat(after.list(Catalog.MAKING)).as(where).isEmpty();
        assertThat(after.list(Catalog.DELETING)).as(where).isEmpty();
        nothingWentBack(where, states.get(done).luns(), found.luns());
    }

    private static Catalog open(CrashingFiles files) throws IOException {
        Catalog catalog = Catalog.open(files);
        SnapshotSets.settle(List.of(catalog));
        return catalog;
    }

    /** An instant that was being copied is lost with the process that knew what was written. */
    private static World afterRestart(World before) {
        Map<String, Seen> luns = new TreeMap<>();
        before.luns()
                .forEach((id, lun) -> {
                    boolean lost = lun.content() == Content.COPYING_INSTANT;
                    luns.put(
                            id,
                            new Seen(
                                    lun.facts(),
                                    lun.grants(),
                                    lun.format(),
                                    lost ? Content.FAILED : lun.content(),
                                    lun.unflushed(),
                                    lun.reservations()));
                });
        Map<String, SeenSnapshot> snapshots = new TreeMap<>();
        before.snapshots()
                .forEach((id, snapshot) -> {
                    boolean lost = snapshot.state() == CatalogSnapshot.State.COPYING;
                    snapshots.put(
                            id,
                            lost
                                    ? new SeenSnapshot(
                                            snapshot.facts(), CatalogSnapshot.State.FAILED)
                                    : snapshot);
                });
        return new World(luns, snapshots);
    }

    private static World next(List<World> states, int done) {
        return states.get(Math.min(done + 1, states.size() - 1));
    }

    private static void nothingWentBack(
            String where, Map<String, Seen> known, Map<String, Seen> found) {
        known.forEach((id, before) -> {
            Seen now = found.get(id);
            if (now == null) {
                return;
            }
            assertThat(now.facts().sizeBytes())
                    .as(where)
                    .isGreaterThanOrEqualTo(before.facts().sizeBytes());
            assertThat(now.format().generation())
                    .as(where)
                    .isGreaterThanOrEqualTo(before.format().generation());
            before.grants()
                    .forEach((node, grant) ->
                            assertThat(now.grants().getOrDefault(node, Grant.never(node)).epoch())
                                    .as(where)
                                    .isGreaterThanOrEqualTo(grant.epoch()));
        });
    }

    private static World seen(Catalog catalog) {
        Map<String, Seen> luns = new TreeMap<>();
        for (CatalogLun lun : catalog.luns()) {
            luns.put(
                    lun.facts().id(),
                    new Seen(
                            lun.facts(),
                            lun.grants(),
                            lun.format(),
                            lun.content(),
                            lun.unflushedWriters(BOOT),
                            lun.reservations()));
        }
        Map<String, SeenSnapshot> snapshots = new TreeMap<>();
        for (CatalogSnapshot snapshot : catalog.snapshots().all()) {
            snapshots.put(
                    snapshot.facts().id(), new SeenSnapshot(snapshot.facts(), snapshot.state()));
        }
        return new World(luns, snapshots);
    }

    private static List<Change> script(int seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<Change> script = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
            // An id that was deleted is not used again.
            String lun = new UUID(i / 6, random.nextInt(3)).toString();
            String snapshot = new UUID(100 + i / 6, random.nextInt(3)).toString();
            String another = new UUID(200 + i, 0).toString();
            boolean alone = random.nextBoolean();
            String node = "node" + random.nextInt(2);
            long bytes = (41L + random.nextInt(4)) << 30;
            int kind = random.nextInt(25);
            int isid = random.nextInt(3);
            script.add(
                    switch (kind) {
                        case 0, 1, 2 -> catalog -> create(catalog, lun);
                        case 3 -> catalog -> delete(catalog, lun);
                        case 4, 5, 6 -> catalog -> format(catalog, lun);
                        case 7, 8 -> catalog -> unflushed(catalog, lun, node);
                        case 9, 10 -> catalog -> expand(catalog, lun, bytes);
                        case 11, 12, 13 ->
                                catalog ->
                                        take(
                                                catalog,
                                                lun,
                                                alone
                                                        ? List.of(snapshot)
                                                        : List.of(snapshot, another));
                        case 14 -> catalog -> finish(catalog, snapshot);
                        case 15 -> catalog -> catalog.snapshots().delete(snapshot);
                        case 16 -> catalog -> fill(catalog, lun, alone);
                        case 17, 18 -> catalog -> register(catalog, lun, node, isid);
                        case 19 -> catalog -> fenceReservations(catalog, lun, node);
                        case 20, 21 -> catalog -> limit(catalog, lun, bytes);
                        default -> catalog -> grant(catalog, lun, node);
                    });
        }
        return script;
    }

    private static LunFacts facts(String id) {
        return new LunFacts(id, "volume " + id, 40L << 30, "cluster", 512, Instant.EPOCH);
    }

    private static void create(Catalog catalog, String id) throws IOException, RefusedException {
        if (catalog.find(id).isEmpty()) {
            try {
                catalog.create(facts(id));
            } catch (RefusedException deleted) {
                assertThat(deleted.reason()).isEqualTo(RefusedException.Reason.PRECONDITION);
            }
        }
    }

    /** Makes a LUN that is being filled, or says that it is whole. */
    private static void fill(Catalog catalog, String id, boolean instant)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun != null && lun.content() != Content.FAILED) {
            lun.contentIs(Content.READY);
        } else if (lun == null) {
            Content content = instant ? Content.COPYING_INSTANT : Content.COPYING;
            try {
                catalog.create(
                        facts(id), _ -> new Beginning.Begun(FormatState.holding("ext4"), content));
            } catch (RefusedException deleted) {
                assertThat(deleted.reason()).isEqualTo(RefusedException.Reason.PRECONDITION);
            }
        }
    }

    /** Takes one or two snapshots as one step. */
    private static void take(Catalog catalog, String lun, List<String> ids) throws IOException {
        for (String id : ids) {
            if (catalog.snapshots().find(id).isPresent()) {
                return;
            }
        }
        try {
            for (String id : ids) {
                catalog.snapshots().prepare(id, 1 << 20);
            }
        } catch (RefusedException deleted) {
            assertThat(deleted.reason()).isEqualTo(RefusedException.Reason.PRECONDITION);
            return;
        }
        CatalogSnapshot.State state =
                ids.size() > 1 ? CatalogSnapshot.State.READY : CatalogSnapshot.State.COPYING;
        List<CatalogSnapshot> placed = new ArrayList<>();
        for (String id : ids) {
            placed.add(catalog.snapshots().place(snapshot(id, lun), state, ids));
        }
        for (CatalogSnapshot one : placed) {
            catalog.snapshots().commit(one, ids);
        }
    }

    private static SnapshotFacts snapshot(String id, String lun) {
        return new SnapshotFacts(
                id, lun, "snapshot", "", 1 << 20, 512, "cluster", FormatState.BLANK, Instant.EPOCH);
    }

    private static void finish(Catalog catalog, String id) throws IOException, RefusedException {
        CatalogSnapshot snapshot = catalog.snapshots().find(id).orElse(null);
        if (snapshot != null && snapshot.state() == CatalogSnapshot.State.COPYING) {
            snapshot.ready();
        }
    }

    private static void limit(Catalog catalog, String id, long bytes)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun != null) {
            lun.limit(new LunLimits(0, bytes));
        }
    }

    private static void expand(Catalog catalog, String id, long bytes)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun != null && lun.content() == Content.READY) {
            lun.expand(bytes);
        }
    }

    private static void delete(Catalog catalog, String id) throws IOException {
        try {
            catalog.delete(id);
        } catch (RefusedException aGrantLives) {
            assertThat(aGrantLives.reason()).isEqualTo(RefusedException.Reason.PRECONDITION);
        }
    }

    /** BLANK, FORMATTING, READY, and then again from one generation to the next. */
    private static void format(Catalog catalog, String id) throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun != null) {
            FormatState now = lun.format();
            State state = now.state() == State.BLANK ? State.FORMATTING : State.READY;
            FormatState next = new FormatState(state, now.generation() + 1, "ext4", "node0", 1, 1);
            assertThat(lun.changeFormat(now, next)).isTrue();
        }
    }

    /** Unflushed writes are noted, or flushed if they were. */
    private static void unflushed(Catalog catalog, String id, String node)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun == null) {
            return;
        }
        if (lun.unflushedWriters(BOOT).isEmpty()) {
            lun.writes(List.of(new Writer(node, 1)), BOOT);
        } else {
            lun.allFlushed(BOOT);
        }
    }

    /** One more is registered, and whoever is first reserves the LUN; or all that is released. */
    private static void register(Catalog catalog, String id, String node, int isid)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun == null) {
            return;
        }
        Reservations now = lun.reservations();
        TreeMap<Registrant, Long> keys = new TreeMap<>(now.keys());
        Registrant registrant = new Registrant("iqn." + node, isid, 1);
        keys.put(registrant, 0xf000_0000_0000_0000L + isid);
        Reservations.Held held =
                now.held() == null
                        ? new Reservations.Held(ReservationType.WRITE_EXCLUSIVE, registrant)
                        : null;
        Reservations next = new Reservations(now.generation() + 1, isid == 0, keys, held);
        assertThat(lun.changeReservations(now, next)).isTrue();
    }

    private static void fenceReservations(Catalog catalog, String id, String node)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun != null) {
            lun.removeReservations("iqn." + node);
            assertThat(lun.reservations().keys().keySet())
                    .noneMatch(registrant -> registrant.initiatorName().equals("iqn." + node));
        }
    }

    /** Granted, fenced, revoked, granted at the next epoch, and so on. */
    private static void grant(Catalog catalog, String id, String node)
            throws IOException, RefusedException {
        CatalogLun lun = catalog.find(id).orElse(null);
        if (lun == null) {
            return;
        }
        lun.changeGrants(grants -> {
            Grant pair = grants.getOrDefault(node, Grant.never(node));
            return grants.put(
                    node,
                    switch (pair.state()) {
                        case ACTIVE -> pair.ended(false);
                        case REVOKING -> pair.revoked();
                        case REVOKED -> active(pair);
                    });
        });
    }

    private static Grant active(Grant pair) {
        return new Grant(
                pair.node(),
                pair.epoch(),
                Grant.State.ACTIVE,
                Grant.Access.READ_WRITE,
                true,
                "iqn.2026-11.dev.lunaria:node:" + pair.node(),
                "key",
                new ChapSecrets(
                        Secret.of("initiator-secret" + pair.epoch()),
                        Secret.of("target-secret" + pair.epoch())));
    }
}
