package dev.lunaria.e2e.deaths;

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
    void run() throws InterruptedException {
        tally.headline("Each call ten times");
        Life life = new Life(watched, "ten-times", 0, new SplittableRandom(seed));
        for (Life.Act act : Life.ACTS) {
            switch (act) {
                case Life.Act.Call call ->
                        tally.row(
                                call.name() + " ten times",
                                () -> {
                                    for (int i = 0; i < TIMES; i++) {
                                        call.action().run(life);
                                    }
                                    return "";
                                });
                case Life.Act.Check check ->
                        tally.row(
                                check.name(),
                                () -> {
                                    check.action().run(life);
                                    return "";
                                });
            }
        }
        tally.row("nothing is left", () -> Traces.requireNone(watched));
    }
}
