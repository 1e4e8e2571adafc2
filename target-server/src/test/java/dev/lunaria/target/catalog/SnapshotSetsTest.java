package dev.lunaria.target.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.device.FormatState;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A call takes all of its snapshots or none, also where its LUNs are in several pools. */
class SnapshotSetsTest {

    private static final List<String> SET =
            List.of(new UUID(1, 1).toString(), new UUID(2, 2).toString());

    @Test
    void a_crash_at_any_step_leaves_all_or_none_over_two_pools() throws Exception {
        int all = 0;
        int none = 0;
        for (long step = 0; step < 40; step++) {
            for (int seed = 0; seed < 20; seed++) {
                List<CrashingFiles> pools = List.of(pool(1), pool(2));
                boolean returned = crashing(pools, step);
                SplittableRandom random = new SplittableRandom(seed * 100L + step);
                List<Catalog> after =
                        List.of(
                                Catalog.open(pools.getFirst().afterCrash(random)),
                                Catalog.open(pools.getLast().afterCrash(random)));
                SnapshotSets.settle(after);
                boolean first = after.getFirst().snapshots().find(SET.getFirst()).isPresent();
                boolean second = after.getLast().snapshots().find(SET.getLast()).isPresent();
                String where = "step %d, seed %d".formatted(step, seed);
                assertThat(second).as(where).isEqualTo(first);
                assertThat(first || !returned).as(where).isTrue();
                all += first ? 1 : 0;
                none += first ? 0 : 1;
            }
        }
        assertThat(all).isPositive();
        assertThat(none).isPositive();
    }

    private static CrashingFiles pool(int number) throws IOException {
        CrashingFiles files = new CrashingFiles();
        Catalog.initialise(files, new PoolIdentity(new UUID(number, number).toString(), "cluster"));
        return files;
    }

    /** Takes both, until the power fails at that step counted over both pools. */
    private static boolean crashing(List<CrashingFiles> pools, long step) throws Exception {
        List<CatalogSnapshots> snapshots =
                List.of(
                        Catalog.open(pools.getFirst()).snapshots(),
                        Catalog.open(pools.getLast()).snapshots());
        Power power = new Power(pools, step);
        try {
            for (int i = 0; i < 2; i++) {
                power.spend(i);
                snapshots.get(i).prepare(SET.get(i), 4096);
            }
            CatalogSnapshot[] placed = new CatalogSnapshot[2];
            for (int i = 0; i < 2; i++) {
                power.spend(i);
                placed[i] = snapshots.get(i).place(facts(i), CatalogSnapshot.State.READY, SET);
            }
            for (int i = 0; i < 2; i++) {
                power.spend(i);
                snapshots.get(i).commit(placed[i], SET);
            }
            return true;
        } catch (CrashingFiles.Crash e) {
            return false;
        }
    }

    private static SnapshotFacts facts(int number) {
        return new SnapshotFacts(
                SET.get(number),
                new UUID(9, number).toString(),
                "snapshot",
                "",
                4096,
                512,
                "cluster",
                FormatState.BLANK,
                Instant.EPOCH);
    }

    /** Both pools are on one machine: what one has spent of the steps, the other hasn't left. */
    private static final class Power {
        private final List<CrashingFiles> pools;
        private final long begun;
        private final long step;

        Power(List<CrashingFiles> pools, long step) {
            this.pools = pools;
            this.step = step;
            this.begun = steps();
        }

        private long steps() {
            return pools.stream().mapToLong(CrashingFiles::steps).sum();
        }

        void spend(int pool) {
            CrashingFiles files = pools.get(pool);
            files.crashAt(files.steps() + step - (steps() - begun));
        }
    }
}
