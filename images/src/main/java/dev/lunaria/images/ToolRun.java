package dev.lunaria.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program of this machine to its end, with its output in a file. Stateless. */
final class ToolRun {
    private static final int MAX_SHOWN = 2000;

    private ToolRun() {}

    /**
     * Runs it.
     *
     * @throws BuildFailure where it isn't there, takes too long or ends with another code than 0;
     *     with the end of its output
     */
    static void run(
            List<String> command, Map<String, String> environment, Path log, Duration within)
            throws IOException, BuildFailure {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        builder.redirectOutput(log.toFile());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new BuildFailure(command.getFirst() + " can't be started: " + e.getMessage(), e);
        }
        try {
            boolean ended = process.waitFor(within.toSeconds(), TimeUnit.SECONDS);
            if (!ended || process.exitValue() != 0) {
                String output = Files.readString(log, StandardCharsets.UTF_8);
                throw new BuildFailure(
                        "%s %s:%n%s"
                                .formatted(
                                        command.getFirst(),
                                        ended
                                                ? "ended with " + process.exitValue()
                                                : "took longer than " + within.toSeconds() + " s",
                                        output.substring(
                                                Math.max(0, output.length() - MAX_SHOWN))));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BuildFailure(command.getFirst() + " was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
