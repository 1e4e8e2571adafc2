package dev.lunaria.e2e.lab;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Orchestrator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An installation whose target server and controller run on the machine, in the lab's network, and
 * whose node plugins run in hosts of the lab. Used by one thread at a time.
 */
public final class LabInstallation implements AutoCloseable {
    private static final int REGISTRY_PORT = 9001;
    private static final int PORTAL_PORT = 3260;

    private final Lab lab;
    private final Distribution distribution;
    private final Installation installation;
    private final Process registryRelay;
    private final Map<String, LabNode> nodes = new TreeMap<>();

    private LabInstallation(
            Lab lab, Distribution distribution, Installation installation, Process registryRelay) {
        this.lab = lab;
        this.distribution = distribution;
        this.installation = installation;
        this.registryRelay = registryRelay;
    }

    /**
     * Starts target server and controller.
     *
     * @param root an empty folder, below the machine's /var
     */
    public static LabInstallation start(Lab lab, Distribution distribution, Path root)
            throws IOException, InterruptedException {
        var layout = new Layout(root);
        Installation installation =
                Installation.start(
                        layout,
                        distribution,
                        new Installation.TargetPlace(
                                List.of(Lab.MACHINE + ":" + PORTAL_PORT), lab.machinePrefix()),
                        List.of("--reserve-mib", "0"));
        List<String> relay = new ArrayList<>(lab.machinePrefix());
        relay.addAll(
                List.of(
                        "socat",
                        "TCP-LISTEN:" + REGISTRY_PORT + ",fork,reuseaddr,bind=" + Lab.MACHINE,
                        "UNIX-CONNECT:" + layout.socket("registry")));
        Process started =
                new ProcessBuilder(relay)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return new LabInstallation(lab, distribution, installation, started);
    }

    /** Starts the node plugin in a host that is up. */
    public LabNode addNode(String host, String... arguments)
            throws IOException, InterruptedException {
        LabNode node =
                LabNode.start(
                        lab,
                        distribution,
                        installation.layout(),
                        host,
                        REGISTRY_PORT,
                        List.of(arguments));
        nodes.put(host, node);
        return node;
    }

    /** After the host has booted again: relays and node plugin. */
    public void restart(LabNode node) throws IOException, InterruptedException {
        node.startInHost(REGISTRY_PORT);
    }

    public Lab lab() {
        return lab;
    }

    /** Target server and controller. */
    public Installation installation() {
        return installation;
    }

    /** Calls as Kubernetes makes them. */
    public Orchestrator orchestrator() {
        return new Orchestrator(installation);
    }

    /** Ends what runs on the machine; hosts stay as they are. */
    @Override
    public void close() throws IOException {
        nodes.values().forEach(LabNode::close);
        registryRelay.destroy();
        try {
            installation.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the installation was stopping", e);
        }
    }
}
