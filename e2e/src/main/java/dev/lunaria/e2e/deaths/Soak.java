package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * An orchestrator that moves pods between two nodes as chance has it, while programs are killed as
 * chance has it. What must hold all the time is checked with each move by {@link SoakPod}.
 *
 * <p>Used by one thread, for as long as was asked for.
 */
final class Soak {
    private static final List<Victim> VICTIMS = List.of(Victim.values());
    private static final int VOLUMES = 3;
    private static final int KILL_PERCENT = 25;
    private static final int MAX_DELAY_MILLIS = 300;

    private final Tally tally;
    private final WatchedInstallation watched;
    private final SplittableRandom random;
    private final Duration time;
    private int moves;
    private int kills;

    Soak(Tally tally, WatchedInstallation watched, long seed, Duration time) {
        this.tally = tally;
        this.watched = watched;
        this.random = new SplittableRandom(seed);
        this.time = time;
    }

    /** Carries out its rows. */
    void run() throws InterruptedException {
        tally.headline(
                "%d pods are moved between two nodes for %d s, and programs killed, by chance"
                        .formatted(VOLUMES, time.toSeconds()));
        tally.row(
                "nothing fsynced is lost, one node writes at a time, nothing passes a fence",
                this::soak);
        tally.row("nothing is left", () -> Traces.requireNone(watched));
    }

    private String soak() throws Exception {
        List<SoakPod> pods = new ArrayList<>();
        for (int i = 0; i < VOLUMES; i++) {
            pods.add(new SoakPod(watched, "soak-" + i, this::repeated));
        }
        try {
            return move(pods);
        } finally {
            pods.forEach(SoakPod::close);
        }
    }

    private String move(List<SoakPod> pods) throws Exception {
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < deadline) {
            pods.get(random.nextInt(VOLUMES)).move(random);
            moves++;
        }
        long records = 0;
        for (SoakPod pod : pods) {
            pod.end();
            records += pod.records();
        }
        return "%d moves, %d kills, %d records fsynced and found".formatted(moves, kills, records);
    }

    /** Whoever ends the soak meanwhile must not find the killer starting programs later. */
    private static void await(Thread killer) throws InterruptedException {
        try {
            killer.join();
        } catch (InterruptedException e) {
            killer.interrupt();
            killer.join();
            throw e;
        }
    }

    /** Makes a call until it succeeds; now and then somebody is killed meanwhile. */
    private <T> T repeated(Callable<T> call) throws Exception {
        if (random.nextInt(100) >= KILL_PERCENT) {
            return Repetition.OF_AN_ORCHESTRATOR.untilOk(call::call);
        }
        Victim victim = VICTIMS.get(random.nextInt(VICTIMS.size()));
        NodeHost host = watched.host(random.nextInt(2));
        ServerProcess process = victim.process(watched.installation(), host);
        Duration delay = Duration.ofMillis(random.nextInt(MAX_DELAY_MILLIS));
        kills++;
        Thread killer =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                TimeUnit.NANOSECONDS.sleep(delay.toNanos());
                                process.kill();
                                watched.restart();
                            } catch (IOException e) {
                                throw new IllegalStateException(victim + " does not come back", e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        try {
            return Repetition.OF_AN_ORCHESTRATOR.untilOk(call::call);
        } finally {
            await(killer);
            check(process != victim.process(watched.installation(), host), victim + " lives on");
        }
    }
}
