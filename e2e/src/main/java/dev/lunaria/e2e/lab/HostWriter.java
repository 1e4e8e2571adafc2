package dev.lunaria.e2e.lab;

import dev.lunaria.e2e.deaths.PodWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The program that writes in a host as a pod does: appends records and fsyncs each, until a file
 * named {@code stop} is there. Says in a file how many are fsynced, the longest that one took in
 * milliseconds, and what it failed with. Main thread.
 */
public final class HostWriter {
    private static final long LOOK_MILLIS = 200;

    private HostWriter() {}

    /**
     * {@code write FILE FOLDER} or {@code verify FILE RECORDS}.
     *
     * @param arguments the file on the volume, and the folder for {@code state} and {@code stop}
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path file = Path.of(arguments[1]);
        if (arguments[0].equals("verify")) {
            PodWriter.verify(file, Long.parseLong(arguments[2]));
            return;
        }
        Path folder = Files.createDirectories(Path.of(arguments[2]));
        try (PodWriter writer = PodWriter.start(file)) {
            boolean failed = false;
            while (!failed && !Files.exists(folder.resolve("stop"))) {
                failed = writer.awaitFailure(Duration.ofMillis(LOOK_MILLIS));
                say(folder, writer, null);
            }
            say(folder, writer, String.valueOf(writer.stop()));
        }
    }

    private static void say(Path folder, PodWriter writer, @Nullable String end)
            throws IOException {
        Path part = folder.resolve("state.part");
        Files.writeString(
                part,
                "%d %d %s\n"
                        .formatted(
                                writer.synced(),
                                writer.longestPause().toMillis(),
                                end == null ? "running" : "ended:" + end));
        Files.move(part, folder.resolve("state"), StandardCopyOption.ATOMIC_MOVE);
    }
}
