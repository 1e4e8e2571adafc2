package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.deaths.Deaths.Installing;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Interruption;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.linux.Processes;
import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code e2e/scenario deaths}. Main thread. */
@Command(
        name = "deaths",
        mixinStandardHelpOptions = true,
        description = {
            "Kills each program at steps of each CSI call, makes calls at once, ten times and in the wrong order,",
            "fills disks; and looks whether anything that was fsynced is lost. Needs root, for mounts and loop devices.",
            "A signal has it remove what it has made; what a run that was killed has left is removed by the next."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every row passed", "1:a row failed", "2:it could not start"})
public final class DeathsCommand implements Callable<Integer> {
    /** Each of four programs once in each call of a life. */
    static final int POINTS = 72;

    private static final Logger GRPC = Logger.getLogger("io.grpc");

    @Option(
            names = "--seed",
            paramLabel = "NUMBER",
            description = "Which steps are struck, and when; by default another each time.")
    private long seed = new SplittableRandom().nextInt(1_000_000);

    @Option(
            names = "--points",
            defaultValue = "" + POINTS,
            paramLabel = "N",
            description =
                    "How many kills the matrix has, ${DEFAULT-VALUE} by default: each program once in each call,"
                            + " on one of two filesystems. Twice as many: on both.")
    private int points = POINTS;

    @Option(
            names = "--minutes",
            defaultValue = "10",
            paramLabel = "N",
            description =
                    "How long all of it may take, ${DEFAULT-VALUE} by default. The matrix comes last, and"
                            + " leaves out lives that don't fit any more: they count as skipped. With more"
                            + " --points give it more minutes.")
    private int minutes = 10;

    @Option(
            names = "--only",
            defaultValue = "",
            paramLabel = "TEXT",
            description = {
                "Only one part: order, ten-times, controllers, writers, soak, full-pool or matrix;",
                "or only the kills of the matrix whose row contains this: a call, a program, a step."
            })
    private String only = "";

    @Option(
            names = "--soak",
            defaultValue = "30",
            paramLabel = "SECONDS",
            description = "How long pods are moved at random, ${DEFAULT-VALUE} by default.")
    private int soakSeconds = 30;

    @Option(names = "--keep", description = "Stop at the first failure, and leave everything.")
    private boolean keep;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-deaths",
            paramLabel = "FOLDER",
            description = "Where everything is kept, ${DEFAULT-VALUE} by default. It is removed.")
    private Path folder = Path.of("/var/tmp/lunaria-deaths");

    @Override
    public Integer call() throws Exception {
        Distribution distribution = Distribution.find().orElse(null);
        if (Processes.effectiveUserId() != 0 || distribution == null) {
            System.err.println("deaths: needs root, and the built programs: sudo e2e/scenario");
            return 2;
        }
        // What its relays log is no news: the rows say what happens.
        LunariaLogging.configure(LogFormat.TEXT, LogLevel.ERROR);
        GRPC.setLevel(Level.SEVERE);
        var tally = new Tally(System.out, keep);
        tally.line("seed " + seed);
        long begin = System.nanoTime();
        Interruption interruption = Interruption.removing(folder, "deaths");
        if (!keep) {
            interruption.onShutdown();
        }
        try {
            new Deaths(
                            tally,
                            new Installing(folder, distribution),
                            seed,
                            points,
                            Duration.ofMinutes(minutes),
                            Duration.ofSeconds(soakSeconds),
                            only)
                    .play();
        } catch (Tally.Stopped e) {
            tally.line("Everything is left below " + folder + ", also what runs.");
        } catch (InterruptedException e) {
            tally.line(e.getMessage() == null ? "interrupted" : e.getMessage());
            return 1;
        } finally {
            interruption.scenarioIsOver();
        }
        tally.line("");
        tally.line("in %d s".formatted(Duration.ofNanos(System.nanoTime() - begin).toSeconds()));
        tally.close();
        return tally.failures() == 0 ? 0 : 1;
    }
}
