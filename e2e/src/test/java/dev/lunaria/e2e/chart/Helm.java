package dev.lunaria.e2e.chart;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Helm, as build/helm has it. Used by one test class. Each run is bounded; the first may have to
 * build it.
 *
 * @param program its path
 */
record Helm(Path program) {

    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    static final Path CHART = ROOT.resolve("charts/lunaria");
    static final String NAMESPACE = "lunaria-system";

    private static final File NOTHING = new File("/dev/null");

    private static final long SECONDS = 60;
    private static final long BUILD_SECONDS = 600;

    /** What a program printed, and its exit code. */
    record Output(int code, String out) {}

    /** The test is skipped, with the reason, where it can't be had. */
    static Helm found() {
        Output built = run(BUILD_SECONDS, List.of(ROOT.resolve("build/helm").toString()));
        Assumptions.assumeTrue(built.code() == 0, () -> built.out().strip());
        return new Helm(Path.of(built.out().strip()));
    }

    /** The chart rendered with a file of values and more arguments. */
    Output template(Path values, String... arguments) {
        var command = new ArrayList<>(List.of(program.toString(), "template", "lunaria"));
        command.addAll(List.of(CHART.toString(), "--namespace", NAMESPACE));
        command.addAll(List.of("--kube-version", "1.36.1", "--values", values.toString()));
        command.addAll(List.of(arguments));
        return run(SECONDS, command);
    }

    Output lint(Path values) {
        return run(
                SECONDS,
                List.of(
                        program.toString(),
                        "lint",
                        CHART.toString(),
                        "--strict",
                        "--values",
                        values.toString()));
    }

    /** The plain manifests. */
    Output plain() {
        return run(
                SECONDS,
                List.of(
                        "env",
                        "HELM=" + program,
                        ROOT.resolve("deploy/kubernetes/render").toString()));
    }

    private static Output run(long seconds, List<String> command) {
        try {
            Path out = Files.createTempFile("helm", ".out");
            try {
                Process process =
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
                                .redirectOutput(out.toFile())
                                .start();
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(command + " didn't end in " + seconds + " s");
                }
                return new Output(process.exitValue(), Files.readString(out));
            } finally {
                Files.delete(out);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
