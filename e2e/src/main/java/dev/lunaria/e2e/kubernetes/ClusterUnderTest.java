package dev.lunaria.e2e.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Kubernetes of two nodes that was started for the scenario, with Lunaria's images loaded. The
 * target server's node is the first, so that the second may lose its power. Owned by one thread.
 */
final class ClusterUnderTest implements AutoCloseable {
    /** The node with the target server. */
    static final String STORAGE_NODE = "node1";

    /** The node to which bad things happen. */
    static final String OTHER_NODE = "node2";

    /** The target server's name in the chart's values. */
    static final String TARGET = "storage1";

    private final Commands commands;
    private final KubernetesClient client;

    private ClusterUnderTest(Commands commands, KubernetesClient client) {
        this.commands = commands;
        this.client = client;
    }

    /** Lunaria's images, as deploy/images/build has made them; fewer than three if it hasn't. */
    static List<Path> images(Path project) throws IOException {
        Path folder = project.resolve("deploy/images/target");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".tar")).sorted().toList();
        }
    }

    /** Starts it, in place of what a run before has left. */
    static ClusterUnderTest start(Commands commands, List<Path> images)
            throws IOException, InterruptedException {
        var _ = commands.cluster("down");
        try {
            var _ = commands.cluster("up", "--nodes", "2");
            for (Path image : images) {
                var _ = commands.cluster("load", image.toString());
            }
            Config config = Config.fromKubeconfig(commands.kubeconfig().toFile());
            return new ClusterUnderTest(
                    commands, new KubernetesClientBuilder().withConfig(config).build());
        } catch (IOException | InterruptedException | RuntimeException e) {
            var _ = commands.tryCluster("down");
            throw e;
        }
    }

    ClusterObjects objects() {
        return new ClusterObjects(client);
    }

    KubernetesClient client() {
        return client;
    }

    Commands commands() {
        return commands;
    }

    /** A power failure of the other node. */
    void cutPower() throws IOException, InterruptedException {
        var _ = commands.cluster("kill-node", OTHER_NODE);
    }

    /** Boots it again. */
    void boot() throws IOException, InterruptedException {
        var _ = commands.cluster("start-node", OTHER_NODE);
    }

    /** Pulls its network cable; what runs in it runs on. */
    void cutCable() throws IOException, InterruptedException {
        var _ = commands.cluster("cut-node", OTHER_NODE);
    }

    /** Plugs it in. */
    void joinCable() throws IOException, InterruptedException {
        var _ = commands.cluster("join-node", OTHER_NODE);
    }

    /** SIGKILL for all processes of a node with words in their command line. */
    void killProcesses(String node, String words) throws IOException, InterruptedException {
        var _ = commands.tryCluster("run", node, "pkill", "-9", "-f", words);
    }

    /** The folders of all LUNs that the target server has, as they are on its disk. */
    List<Path> lunFolders() throws IOException {
        return entries("luns");
    }

    /** The folders of LUNs that are being made. */
    List<Path> lunsInTheMaking() throws IOException {
        return entries("making");
    }

    private List<Path> entries(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(pool().resolve(folder))) {
            return entries.sorted().toList();
        }
    }

    private Path pool() {
        return commands.state()
                .resolve("hosts")
                .resolve(STORAGE_NODE)
                .resolve("disk/var/lib/lunaria/targets")
                .resolve(TARGET)
                .resolve("pool");
    }

    /** Ends it; the logs stay. Fails where it doesn't end. */
    @Override
    public void close() throws IOException {
        client.close();
        try {
            var _ = commands.cluster("down");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the cluster was ended", e);
        }
    }
}
