package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.scenario.Tally;
import java.util.SplittableRandom;

/**
 * Each call of a volume's life made ten times in a row, with the same answer. Used by one thread.
 */
final class TenTimes {
    private static final int TIMES = 10;

    private final Tally tally;
    private final WatchedInstallation watched;
    private final long seed;

    TenTimes(Tally tally, WatchedInstallation watched, long seed) {
        this.tally = tally;
        this.watched = watched;
        this.seed = seed;
    }

    /** Carries out its rows. */
    void run() throws Exception {
        tally.headline("Each call ten times");
        // On XFS, as that grows under a pod on every machine: no call is left out.
        run(new Life(watched, LifeFilesystem.XFS, "ten-times", 0, new SplittableRandom(seed)));
        tally.row("nothing is left", () -> Traces.requireNone(watched));
    }

    private void run(Life life) throws Exception {
        for (Life.Act act : Life.ACTS) {
            String lacking = act.condition().lacks(life);
            if (!lacking.isEmpty()) {
                tally.skip("%s on %s".formatted(act.name(), life.filesystem()), lacking);
                continue;
            }
            switch (act) {
                case Life.Act.Call call ->
                        tally.row(
                                "%s ten times on %s".formatted(call.name(), life.filesystem()),
                                () -> {
                                    for (int i = 0; i < TIMES; i++) {
                                        call.action().run(life);
                                    }
                                    return "";
                                });
                case Life.Act.Check check ->
                        tally.row(
                                "%s, on %s".formatted(check.name(), life.filesystem()),
                                () -> {
                                    check.action().run(life);
                                    return "";
                                });
            }
        }
    }
}
