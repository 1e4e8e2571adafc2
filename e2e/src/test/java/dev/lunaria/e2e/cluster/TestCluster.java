package dev.lunaria.e2e.cluster;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Kubernetes of a test's own, beside one that somebody may have started by hand: what {@code
 * e2e/cluster} does, as methods (docs/CLUSTER.md).
 *
 * <p>Used by one thread at a time. Each method ends within {@value #PATIENCE_SECONDS} s.
 */
public final class TestCluster {
    private static final long PATIENCE_SECONDS = 300;
    private static final String PORT = "16444";

    private final Path command;
    private final Path state;

    private TestCluster(Path command, Path state) {
        this.command = command;
        this.state = state;
    }

    /**
     * Starts a control plane and some nodes; skips the test where root, Debian or the built
     * programs are missing.
     *
     * @param nodes how many, from 1 to 9
     * @throws IOException where it doesn't come up; with what e2e/cluster said
     */
    public static TestCluster up(int nodes) throws IOException, InterruptedException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for a Kubernetes of its own");
        Path command = Requirements.programs().project().resolve("e2e/cluster");
        var cluster = new TestCluster(command, Path.of("/var/tmp/lunaria-cluster-of-tests"));
        Process built = cluster.start(List.of("build", "--where"));
        assumeTrue(
                built.waitFor() == 0, "needs the test cluster's programs: e2e/cluster build first");
        // What a run that was cut short has left.
        var _ = cluster.run("down");
        try {
            var _ = cluster.run("up", "--nodes", Integer.toString(nodes));
        } catch (IOException e) {
            cluster.down();
            throw e;
        }
        return cluster;
    }

    /** The administrator's kubeconfig. */
    public Path kubeconfig() {
        return state.resolve("kubeconfig");
    }

    /** Has pods on all nodes that are up talk to each other through Services; what they said. */
    public String check() throws IOException, InterruptedException {
        return run("check");
    }

    /** Imports an image archive into all nodes, also those that are started later. */
    public void load(Path archive) throws IOException, InterruptedException {
        var _ = run("load", archive.toString());
    }

    /** kubectl as administrator; what it printed. */
    public String kubectl(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("kubectl"));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    /** A power failure of a node, from 1 on: all of it has ended when this returns. */
    public void killNode(int number) throws IOException, InterruptedException {
        var _ = run("kill-node", Integer.toString(number));
    }

    /** Boots a node again; it is Ready when this returns. */
    public void startNode(int number) throws IOException, InterruptedException {
        var _ = run("start-node", Integer.toString(number));
    }

    /** Ends everything; the logs stay. */
    public void down() throws IOException, InterruptedException {
        var _ = run("down");
    }

    private String run(String... arguments) throws IOException, InterruptedException {
        Process process = start(List.of(arguments));
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(
                    "e2e/cluster %s took longer than %d s: %s"
                            .formatted(String.join(" ", arguments), PATIENCE_SECONDS, said));
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    "e2e/cluster %s ended with exit code %d: %s"
                            .formatted(
                                    String.join(" ", arguments),
                                    process.exitValue(),
                                    said.strip()));
        }
        return said;
    }

    private Process start(List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(command.toString()));
        all.addAll(arguments);
        var builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().put("LUNARIA_CLUSTER_STATE", state.toString());
        builder.environment().put("LUNARIA_CLUSTER_PORT", PORT);
        return builder.start();
    }
}
