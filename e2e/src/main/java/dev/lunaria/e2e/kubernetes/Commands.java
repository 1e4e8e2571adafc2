package dev.lunaria.e2e.kubernetes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * helm and {@code e2e/cluster}, each call a process with a time limit. Used by one thread.
 *
 * @param project the project's folder
 * @param state folder of the cluster that {@code e2e/cluster} keeps
 * @param port its API server's on loopback
 * @param programs folder of helm
 */
record Commands(Path project, Path state, int port, Path programs) {
    private static final Duration PATIENCE = Duration.ofMinutes(6);

    /** What a process printed, and how it ended. */
    record Said(int code, String text) {}

    /** Finds the programs; fails where {@code e2e/cluster build} hasn't made them. */
    static Commands find(Path project, Path state, int port)
            throws IOException, InterruptedException {
        Path none = Path.of("");
        String where = new Commands(project, state, port, none).cluster("build", "--where").strip();
        return new Commands(project, state, port, Path.of(where));
    }

    /** The administrator's, of a cluster that is up. */
    Path kubeconfig() {
        return state.resolve("kubeconfig");
    }

    /** {@code e2e/cluster}; fails where it does. */
    String cluster(String... arguments) throws IOException, InterruptedException {
        return succeed(command(project.resolve("e2e/cluster"), arguments));
    }

    /** The same, whatever it says. */
    Said tryCluster(String... arguments) throws IOException, InterruptedException {
        return run(command(project.resolve("e2e/cluster"), arguments));
    }

    /** helm; fails where it does. */
    String helm(String... arguments) throws IOException, InterruptedException {
        return succeed(command(programs.resolve("helm"), arguments));
    }

    /** The same, whatever it says. */
    Said tryHelm(String... arguments) throws IOException, InterruptedException {
        return run(command(programs.resolve("helm"), arguments));
    }

    private static List<String> command(Path program, String... arguments) {
        List<String> all = new ArrayList<>(List.of(program.toString()));
        all.addAll(List.of(arguments));
        return all;
    }

    private String succeed(List<String> command) throws IOException, InterruptedException {
        Said said = run(command);
        if (said.code() != 0) {
            throw new IOException(
                    "%s ended with %d: %s"
                            .formatted(
                                    String.join(" ", command), said.code(), said.text().strip()));
        }
        return said.text();
    }

    private Said run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("LUNARIA_CLUSTER_STATE", state.toString());
        environment.put("LUNARIA_CLUSTER_PORT", Integer.toString(port));
        environment.put("KUBECONFIG", kubeconfig().toString());
        Path output = Files.createTempFile("lunaria-scenario", ".out");
        try {
            Process process = builder.redirectOutput(output.toFile()).start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " took too long");
            }
            return new Said(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }
}
