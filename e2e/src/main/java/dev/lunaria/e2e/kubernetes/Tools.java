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
 * kubectl, helm and {@code e2e/cluster}, each call a process with a time limit. Used by one thread.
 *
 * @param project the project's folder
 * @param state folder of the cluster that {@code e2e/cluster} keeps
 * @param port its API server's on loopback
 * @param programs folder of kubectl and helm
 */
record Tools(Path project, Path state, int port, Path programs) {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** What a process printed, and how it ended. */
    record Said(int code, String text) {}

    /** Finds the programs; fails where {@code e2e/cluster build} hasn't made them. */
    static Tools find(Path project, Path state, int port) throws IOException, InterruptedException {
        Path none = Path.of("");
        String where = new Tools(project, state, port, none).cluster("build", "--where").strip();
        return new Tools(project, state, port, Path.of(where));
    }

    /** {@code e2e/cluster}; fails where it does. */
    String cluster(String... arguments) throws IOException, InterruptedException {
        return succeed(command(project.resolve("e2e/cluster").toString(), arguments), "");
    }

    /** kubectl as administrator; fails where it does. */
    String kubectl(String... arguments) throws IOException, InterruptedException {
        return succeed(command(programs.resolve("kubectl").toString(), arguments), "");
    }

    /** The same, whatever it says. */
    Said tryKubectl(String... arguments) throws IOException, InterruptedException {
        return run(command(programs.resolve("kubectl").toString(), arguments), "");
    }

    /** Applies manifests. */
    void apply(String manifests) throws IOException, InterruptedException {
        var _ =
                succeed(
                        command(programs.resolve("kubectl").toString(), "apply", "-f", "-"),
                        manifests);
    }

    /** A shell command in a pod; fails where it does. */
    String inPod(String pod, String shell) throws IOException, InterruptedException {
        return kubectl("exec", pod, "--", "/bin/busybox", "sh", "-c", shell);
    }

    /** helm; fails where it does. */
    String helm(String... arguments) throws IOException, InterruptedException {
        return succeed(command(programs.resolve("helm").toString(), arguments), "");
    }

    /** The same, whatever it says. */
    Said tryHelm(String... arguments) throws IOException, InterruptedException {
        return run(command(programs.resolve("helm").toString(), arguments), "");
    }

    private static List<String> command(String program, String... arguments) {
        List<String> all = new ArrayList<>(List.of(program));
        all.addAll(List.of(arguments));
        return all;
    }

    private String succeed(List<String> command, String input)
            throws IOException, InterruptedException {
        Said said = run(command, input);
        if (said.code() != 0) {
            throw new IOException(
                    String.join(" ", command)
                            + " ended with "
                            + said.code()
                            + ": "
                            + said.text().strip());
        }
        return said.text();
    }

    private Said run(List<String> command, String input) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("LUNARIA_CLUSTER_STATE", state.toString());
        environment.put("LUNARIA_CLUSTER_PORT", Integer.toString(port));
        environment.put("KUBECONFIG", state.resolve("kubeconfig").toString());
        Path output = Files.createTempFile("lunaria-scenario", ".out");
        try {
            Process process = builder.redirectOutput(output.toFile()).start();
            try (var to = process.outputWriter(StandardCharsets.UTF_8)) {
                to.write(input);
            }
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " took too long");
            }
            return new Said(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }
}
