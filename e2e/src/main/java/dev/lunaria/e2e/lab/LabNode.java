package dev.lunaria.e2e.lab;

import dev.lunaria.e2e.installation.CsiNode;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A node plugin in a host of the lab, in its own root there, with disks of the kernel. Its CSI
 * socket and the controller's registry are Unix sockets on both sides; relays carry them through
 * the lab's network.
 *
 * <p>Used by one thread at a time.
 */
public final class LabNode implements CsiNode, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CSI_PORT = 9000;
    private static final String REGISTRY = "/run/lunaria/registry.sock";
    private static final String CSI = "/run/lunaria/csi.sock";
    private static final String STATE = "/var/lib/lunaria/node";
    private static final String LOG = "/var/log/lunaria-node.log";
    private static final String PID = "/run/lunaria/node.pid";

    private final Lab lab;
    private final Distribution distribution;
    private final Layout layout;
    private final String name;
    private final List<String> arguments;
    private final Process relay;
    private final GrpcChannel csi;

    private LabNode(
            Lab lab,
            Distribution distribution,
            Layout layout,
            String name,
            List<String> arguments,
            Process relay) {
        this.lab = lab;
        this.distribution = distribution;
        this.layout = layout;
        this.name = name;
        this.arguments = List.copyOf(arguments);
        this.relay = relay;
        this.csi = GrpcChannel.open(new Endpoint.Unix(layout.socket(name)));
    }

    /**
     * Starts the plugin in a host that is up, and waits until it serves CSI.
     *
     * @param registryPort on the machine in the lab's network, where the registry is relayed
     * @param arguments of the plugin beside those that every one has
     */
    public static LabNode start(
            Lab lab,
            Distribution distribution,
            Layout layout,
            String host,
            int registryPort,
            List<String> arguments)
            throws IOException, InterruptedException {
        Files.createDirectories(layout.socket(host).getParent());
        Files.deleteIfExists(layout.socket(host));
        List<String> relay = new ArrayList<>(lab.machinePrefix());
        relay.addAll(
                List.of(
                        "socat",
                        "UNIX-LISTEN:" + layout.socket(host) + ",fork",
                        "TCP:" + lab.address(host) + ":" + CSI_PORT + ",connect-timeout=5"));
        var node =
                new LabNode(
                        lab,
                        distribution,
                        layout,
                        host,
                        arguments,
                        new ProcessBuilder(relay)
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start());
        node.startInHost(registryPort);
        return node;
    }

    /** Relays, key, and the plugin; after each boot. */
    public void startInHost(int registryPort) throws IOException, InterruptedException {
        Path keys = lab.shared(name).resolve("keys");
        Files.createDirectories(keys);
        try (var files = Files.list(layout.keys())) {
            for (Path file : files.toList()) {
                Files.copy(
                        file,
                        keys.resolve(file.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        String line =
                """
                mkdir -p /run/lunaria %s /var/log && cp -r /run/shared/keys /run/lunaria/keys
                chmod 700 /run/lunaria/keys
                setsid socat UNIX-LISTEN:%s,fork,unlink-early TCP:%s:%d,connect-timeout=5 \
                  </dev/null >/dev/null 2>&1 &
                setsid socat TCP-LISTEN:%d,fork,reuseaddr UNIX-CONNECT:%s </dev/null >/dev/null 2>&1 &
                """
                        .formatted(STATE, REGISTRY, Lab.MACHINE, registryPort, CSI_PORT, CSI);
        var _ = lab.plugin(name, PATIENCE, line).orFail();
        startPlugin();
    }

    /**
     * Starts the plugin after {@link #killPlugin}, and waits until it serves CSI.
     *
     * @param further arguments for this life of it alone
     */
    public void startPlugin(String... further) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                distribution.nodePlugin().toString(),
                                "run",
                                "--node-name",
                                name,
                                "--state-folder",
                                STATE,
                                "--csi-socket",
                                "unix://" + CSI,
                                "--disk-socket",
                                "unix:///run/lunaria/disk.sock",
                                "--registry",
                                "unix://" + REGISTRY,
                                "--keys",
                                "/run/lunaria/keys",
                                "--host-root",
                                "/host",
                                "--addresses",
                                lab.address(name)));
        command.addAll(arguments);
        command.addAll(List.of(further));
        String line =
                """
                rm -f %s; setsid env LUNARIA_JAVA_HOME=$JAVA_HOME %s </dev/null >>%s 2>&1 & echo $! >%s
                until [ -S %s ] || ! kill -0 $(cat %s); do sleep 0.3; done; kill -0 $(cat %s)
                """
                        .formatted(CSI, String.join(" ", command), LOG, PID, CSI, PID, PID);
        Lab.Outcome started = lab.plugin(name, PATIENCE, line);
        if (started.exitCode() != 0) {
            throw new IOException("the node plugin of " + name + " ended at once:\n" + log());
        }
    }

    /** SIGKILL; returns when it is gone. */
    public void killPlugin() throws IOException, InterruptedException {
        String line =
                "kill -9 $(cat %s); while kill -0 $(cat %s) 2>/dev/null; do sleep 0.1; done"
                        .formatted(PID, PID);
        var _ = lab.plugin(name, PATIENCE, line).orFail();
    }

    /** The plugin's log, over all its lives. */
    public String log() throws IOException, InterruptedException {
        return lab.run(name, PATIENCE, "cat " + LOG).output();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public GrpcChannel csi() {
        return csi;
    }

    @Override
    public void makeFolder(Path folder) throws IOException {
        try {
            var _ = lab.run(name, PATIENCE, "mkdir -p " + folder).orFail();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Ends what is on the machine's side; the host's programs end with the host. */
    @Override
    public void close() {
        csi.close();
        relay.destroy();
        try {
            var _ = relay.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
