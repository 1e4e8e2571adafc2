package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.deaths.Steps.Step;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.e2e.quickstart.CheckFailedException;
import dev.lunaria.e2e.scenario.Tally;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Each call of a volume's life with each program killed at steps of it, from a seed: then the same
 * call again until it succeeds, and at the end of the life every fsynced byte is there and nothing
 * else is.
 *
 * <p>Used by one thread. A life has one kill in each of its calls; lives go on until there were as
 * many kills as asked for. Of each four, every program is killed once in each call; of each eight,
 * on each filesystem.
 */
final class Matrix {
    private static final Duration STRIKE = Duration.ofMillis(500);
    private static final List<Victim> VICTIMS = List.of(Victim.values());

    /** How many kills a life has. */
    static final int CALLS =
            Math.toIntExact(Life.ACTS.stream().filter(Life.Act.Call.class::isInstance).count());

    private final Tally tally;
    private final Deaths.Installing installing;
    private final long seed;
    private final String only;
    private final Map<String, List<Step>> known = new HashMap<>();
    private final Map<String, Map<Victim, List<String>>> unused = new HashMap<>();
    private final Map<String, Map<Victim, Integer>> struck = new TreeMap<>();
    private int kills;
    private int late;

    /** One kill. */
    private record Point(Victim victim, Step step) {}

    /**
     * A matrix.
     *
     * @param only text that a row's name has to contain, for the kill to be carried out
     */
    Matrix(Tally tally, Deaths.Installing installing, long seed, String only) {
        this.tally = tally;
        this.installing = installing;
        this.seed = seed;
        this.only = only;
    }

    /**
     * Carries out so many kills.
     *
     * @param deadline as {@link System#nanoTime} counts: no life but the first begins that would
     *     end later, were it a quarter longer than the longest so far
     */
    void run(int points, long deadline) throws Exception {
        tally.headline("A program is killed at a step of a call; the call is made again");
        int lives = Math.ceilDiv(points, CALLS);
        for (LifeFilesystem filesystem : filesystems(lives)) {
            if (!tally.row(
                    "a life on %s without a kill, to learn its steps".formatted(filesystem),
                    () -> learn(filesystem))) {
                return;
            }
        }
        long longest = 0;
        for (int life = 0; life < lives; life++) {
            int kills = Math.min(CALLS, points - life * CALLS);
            long begin = System.nanoTime();
            if (life > 0 && begin + longest + longest / 4 > deadline) {
                tally.skip(
                        "life %d, with %d kills".formatted(life, kills),
                        "no time is left; give it more --minutes");
                continue;
            }
            if (!runLife(life, kills)) {
                tally.line("  the installation is made anew");
                installing.anew();
            }
            longest = Math.max(longest, System.nanoTime() - begin);
        }
        summary();
    }

    private String learn(LifeFilesystem filesystem) throws Exception {
        WatchedInstallation watched = installing.current();
        Life life = new Life(watched, filesystem, "learned", 0, new SplittableRandom(seed));
        int steps = 0;
        int calls = 0;
        for (Life.Act act : Life.ACTS) {
            if (!act.condition().lacks(life).isEmpty()) {
                continue;
            }
            watched.steps().begin();
            act.action().run(life);
            List<Step> passed = watched.steps().end();
            if (act instanceof Life.Act.Call) {
                known.put(key(life, act), passed);
                steps += passed.size();
                calls++;
            }
        }
        var _ = Traces.requireNone(watched);
        return "%d steps in %d calls".formatted(steps, calls);
    }

    /** Its name on that filesystem: mkfs, for one, has other steps. */
    private static String key(Life life, Life.Act act) {
        return act.name() + " on " + life.filesystem();
    }

    /** Within four lives each call meets all programs. */
    static Victim victim(int life, int call) {
        return VICTIMS.get((life + call) % VICTIMS.size());
    }

    /** Within four lives each call meets both, within eight each program on both. */
    static LifeFilesystem filesystem(int life) {
        LifeFilesystem[] all = LifeFilesystem.values();
        return all[(life + life / VICTIMS.size() + 1) % all.length];
    }

    private static Set<LifeFilesystem> filesystems(int lives) {
        return IntStream.range(0, lives)
                .mapToObj(Matrix::filesystem)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(LifeFilesystem.class)));
    }

    /** Returns whether the installation can be used further. */
    private boolean runLife(int number, int points) throws Exception {
        var random = new SplittableRandom(seed + number);
        WatchedInstallation watched = installing.current();
        Life life =
                new Life(watched, filesystem(number), "life-" + number, random.nextInt(2), random);
        tally.line("  life %d is on %s".formatted(number, life.filesystem()));
        int call = 0;
        for (Life.Act act : Life.ACTS) {
            String lacking = act.condition().lacks(life);
            if (!lacking.isEmpty()) {
                tally.skip("life %d, %s".formatted(number, act.name()), lacking);
                call += act instanceof Life.Act.Call ? 1 : 0;
                continue;
            }
            boolean ok =
                    switch (act) {
                        case Life.Act.Call c -> {
                            Victim victim = victim(number, call);
                            yield call++ < points
                                    ? kill(watched, life, number, c, victim, random)
                                    : plain(life, number, act);
                        }
                        case Life.Act.Check _ -> plain(life, number, act);
                    };
            if (!ok) {
                return false;
            }
        }
        return tally.row(
                "life %d: nothing is left".formatted(number), () -> Traces.requireNone(watched));
    }

    /** A check is a row; a call in which nobody is killed is none, unless it fails. */
    private boolean plain(Life life, int number, Life.Act act) throws Exception {
        if (act instanceof Life.Act.Check) {
            return tally.row("life %d: %s".formatted(number, act.name()), () -> run(act, life));
        }
        try {
            var _ = run(act, life);
            return true;
        } catch (StatusRuntimeException | IOException e) {
            return tally.row(
                    "life %d: %s".formatted(number, act.name()),
                    () -> {
                        throw e;
                    });
        }
    }

    private static String run(Life.Act act, Life life) throws Exception {
        act.action().run(life);
        return "";
    }

    private boolean kill(
            WatchedInstallation watched,
            Life life,
            int number,
            Life.Act.Call call,
            Victim victim,
            SplittableRandom random)
            throws Exception {
        Point point = new Point(victim, choose(key(life, call), victim, random));
        String row =
                "life %d, %s: %s killed as %s".formatted(number, call.name(), victim, point.step());
        if (!row.contains(only)) {
            return plain(life, number, call);
        }
        kills++;
        struck.computeIfAbsent(call.name(), _ -> new EnumMap<>(Victim.class))
                .merge(victim, 1, Integer::sum);
        return tally.row(row, () -> strike(watched, life, call, point));
    }

    /** A step of the call by chance: its name first, or the many writes of mkfs hide the rest. */
    private Step choose(String call, Victim victim, SplittableRandom random) {
        List<Step> steps = known.getOrDefault(call, List.of());
        List<String> names =
                unused.computeIfAbsent(call, _ -> new EnumMap<>(Victim.class))
                        .computeIfAbsent(victim, _ -> new ArrayList<>());
        if (names.isEmpty()) {
            names.addAll(steps.stream().map(Step::name).distinct().toList());
        }
        String name = names.remove(random.nextInt(names.size()));
        List<Step> ofThatName = steps.stream().filter(step -> step.name().equals(name)).toList();
        return ofThatName.get(random.nextInt(ofThatName.size()));
    }

    private String strike(WatchedInstallation watched, Life life, Life.Act.Call call, Point point)
            throws Exception {
        ServerProcess process = point.victim().process(watched.installation(), life.host());
        var over = new CountDownLatch(1);
        watched.steps()
                .begin(
                        point.step(),
                        () -> {
                            strike(process);
                            over.countDown();
                        });
        boolean losesMount = point.victim() == Victim.DISK_PROCESS && life.hasPod();
        var first = new FirstAttempt(call, life, over);
        first.awaitEndOrBlow();
        boolean inTime = watched.steps().end().contains(point.step());
        late += inTime ? 0 : 1;
        // A second time does no harm; now its end is waited for.
        process.kill();
        watched.restart();
        first.requireExpected();
        int attempts = again(call, life, losesMount);
        return (inTime ? "" : "that step did not come; killed after the call\n")
                + (attempts == 1 ? "" : "succeeded at attempt " + attempts);
    }

    /**
     * Makes the call again until it succeeds; returns how many attempts that took. The pod whose
     * mount is lost with its disk process is restarted: after the call, or where the call says that
     * it needs the mount, before it is made once more.
     */
    private static int again(Life.Act.Call call, Life life, boolean losesMount) throws Exception {
        int attempts = 0;
        try {
            attempts = Repetition.OF_AN_ORCHESTRATOR.counted(() -> run(call, life)).attempts();
        } catch (StatusRuntimeException e) {
            if (!losesMount || e.getStatus().getCode() != Code.FAILED_PRECONDITION) {
                throw e;
            }
        }
        if (losesMount && life.hasPod()) {
            life.restartPod();
        }
        return attempts > 0
                ? attempts
                : 1 + Repetition.OF_AN_ORCHESTRATOR.counted(() -> run(call, life)).attempts();
    }

    /** The call during which somebody is killed, on a thread of its own. */
    private static final class FirstAttempt {
        private final Thread thread;
        private final CountDownLatch ended;
        private volatile @Nullable Exception unexpected;

        FirstAttempt(Life.Act.Call call, Life life, CountDownLatch ended) {
            this.ended = ended;
            thread =
                    Thread.ofPlatform()
                            .daemon()
                            .unstarted(() -> {
                                try {
                                    call.action().run(life);
                                } catch (StatusRuntimeException e) {
                                    // That is what the kill is for.
                                } catch (Exception e) {
                                    unexpected = e;
                                } finally {
                                    ended.countDown();
                                }
                            });
        }

        /** Begins it. Whoever ends the matrix meanwhile must not find it going on later. */
        void awaitEndOrBlow() throws InterruptedException {
            thread.start();
            try {
                ended.await();
            } catch (InterruptedException e) {
                thread.interrupt();
                thread.join();
                throw e;
            }
        }

        void requireExpected() throws Exception {
            thread.join();
            Exception other = unexpected;
            if (other != null) {
                throw other;
            }
        }
    }

    /** Not for longer: the process may be waiting in the kernel for the very message held back. */
    private static void strike(ServerProcess process) {
        try {
            process.strike(STRIKE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void summary() throws InterruptedException {
        tally.line("");
        tally.line(
                "  %d kills, %d of them after the call because their step did not come (seed %d)"
                        .formatted(kills, late, seed));
        if (kills == 0) {
            tally.row(
                    "a kill was asked for",
                    () -> {
                        throw new CheckFailedException("no row contains '" + only + "'");
                    });
        }
        struck.forEach((call, victims) -> tally.line("  %-28s %s".formatted(call, victims)));
    }
}
