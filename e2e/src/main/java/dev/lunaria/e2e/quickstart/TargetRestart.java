package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import java.nio.file.Files;
import java.nio.file.Path;

/** The target server dies under a pod that writes, and comes back. Used by one thread. */
final class TargetRestart implements Play.Chapter {
    private static final long STAMPS = 50;
    private static final long PATIENCE_MILLIS = 30_000;

    private final Play play;
    private final Path file;

    /**
     * @param mount where a pod finds its volume
     */
    TargetRestart(Play play, Path mount) {
        this.play = play;
        this.file = mount.resolve("stamps");
    }

    @Override
    public String title() {
        return "The target server is killed under a writer";
    }

    @Override
    public void play() throws Exception {
        StampWriter writer = StampWriter.start(file);
        try {
            play.report().step("SIGKILL to the target server", () -> restart(writer));
        } finally {
            writer.stop();
        }
        Files.delete(file);
    }

    private String restart(StampWriter writer) throws Exception {
        Installation installation = play.installation();
        check(writer.awaitStamp(STAMPS, PATIENCE_MILLIS), "the writer doesn't write");
        installation.targetServer().kill();
        long stamp = writer.acknowledged();
        installation.restart();
        check(
                writer.awaitStamp(stamp + STAMPS, PATIENCE_MILLIS),
                "the writer doesn't go on: " + writer.failure());
        return "it is started again, ready after %s; the pod's longest wait for a write: %s, no error"
                .formatted(
                        Report.seconds(installation.targetServer().startTime()),
                        Report.seconds(writer.longestWait()));
    }
}
