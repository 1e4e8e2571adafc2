package dev.lunaria.e2e.installation;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.secret.InstallationKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A target server, a controller, and hosts, each program a process of its own, all on this machine.
 *
 * <p>Used by one thread at a time. What it starts ends with {@link #stop} or {@link
 * Leftovers#remove}.
 */
public final class Installation {
    /** Id of the cluster that the pool belongs to. */
    public static final String CLUSTER = "quickstart";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Layout layout;
    private final Distribution distribution;
    private final Map<String, NodeHost> hosts = new TreeMap<>();
    private final GrpcChannel admin;
    private final GrpcChannel csi;
    private final TargetPlace place;
    private final List<String> targetArguments;

    private ServerProcess targetServer;
    private ServerProcess controller;

    private Installation(
            Layout layout,
            Distribution distribution,
            TargetPlace place,
            List<String> targetArguments,
            ServerProcess targetServer,
            ServerProcess controller) {
        this.layout = layout;
        this.distribution = distribution;
        this.place = place;
        this.targetArguments = targetArguments;
        this.targetServer = targetServer;
        this.controller = controller;
        this.admin = GrpcChannel.open(new Endpoint.Unix(layout.socket("target")));
        this.csi = GrpcChannel.open(new Endpoint.Unix(layout.socket("controller")));
    }

    /** A port for a portal on 127.0.0.1: one that was free a moment ago. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * Initialises a pool, makes the installation's key, and starts target server and controller.
     *
     * @param port of the target server's portal on 127.0.0.1
     */
    public static Installation start(Layout layout, Distribution distribution, int port)
            throws IOException, InterruptedException {
        return start(layout, distribution, port, List.of());
    }

    /**
     * As {@link #start(Layout, Distribution, int)}, with further arguments of the target server.
     */
    public static Installation start(
            Layout layout, Distribution distribution, int port, List<String> targetArguments)
            throws IOException, InterruptedException {
        return start(layout, distribution, TargetPlace.onLoopback(port), targetArguments);
    }

    /**
     * Where the target server runs.
     *
     * @param portals as host:port, on which it listens
     * @param prefix words before its command line, such as those that change its network
     */
    public record TargetPlace(List<String> portals, List<String> prefix) {
        public TargetPlace {
            portals = List.copyOf(portals);
            prefix = List.copyOf(prefix);
        }

        /** On this machine's loopback. */
        public static TargetPlace onLoopback(int port) {
            return new TargetPlace(List.of("127.0.0.1:" + port), List.of());
        }
    }

    /** As {@link #start(Layout, Distribution, int)}, with the target server somewhere else. */
    public static Installation start(
            Layout layout,
            Distribution distribution,
            TargetPlace place,
            List<String> targetArguments)
            throws IOException, InterruptedException {
        InstallationKeys.create(layout.keys(), "k1");
        registerPool(layout, distribution, place, "local", layout.pool());
        List<String> arguments = targetServerArguments(layout, place, targetArguments);
        ServerProcess targetServer = startTargetServer(layout, distribution, place, arguments);
        ServerProcess controller = startController(layout, distribution);
        return new Installation(layout, distribution, place, arguments, targetServer, controller);
    }

    /** Starts a host. */
    public NodeHost addHost(String name) throws IOException, InterruptedException {
        return addHost(name, name + "-disk");
    }

    /**
     * Starts a host whose plugin looks for its disk process at another socket than that one's own.
     *
     * @param diskSocket name of the socket, as {@link Layout#socket} takes it
     */
    public NodeHost addHost(String name, String diskSocket)
            throws IOException, InterruptedException {
        NodeHost host = NodeHost.start(layout, distribution.nodePlugin(), name, diskSocket);
        hosts.put(name, host);
        return host;
    }

    /**
     * Starts one more controller on the same registry, with sockets of its own; who calls this ends
     * it.
     *
     * @param name of its CSI socket, as {@link Layout#socket} takes it
     */
    public ServerProcess startAnotherController(String name)
            throws IOException, InterruptedException {
        return startController(layout, distribution, name, name + "-registry");
    }

    public Layout layout() {
        return layout;
    }

    /** The target server's admin API. */
    public GrpcChannel admin() {
        return admin;
    }

    /** The controller's CSI socket. */
    public GrpcChannel csi() {
        return csi;
    }

    public ServerProcess targetServer() {
        return targetServer;
    }

    public ServerProcess controller() {
        return controller;
    }

    /** Starts what was killed of target server and controller. */
    public void restart() throws IOException, InterruptedException {
        if (!targetServer.isAlive()) {
            targetServer = startTargetServer(layout, distribution, place, targetArguments);
        }
        if (!controller.isAlive()) {
            controller = startController(layout, distribution);
        }
    }

    /** Ends all programs in order: hosts, controller, target server. Files stay. */
    public void stop() throws IOException, InterruptedException {
        for (NodeHost host : hosts.values()) {
            host.stop(PATIENCE);
        }
        admin.close();
        csi.close();
        controller.terminate(PATIENCE);
        targetServer.terminate(PATIENCE);
    }

    /**
     * Makes a pool of an empty folder, and registers it as a StorageTarget. One beside the
     * installation's own is served where the target server's arguments name it.
     */
    public static void registerPool(
            Layout layout, Distribution distribution, int port, String name, Path pool)
            throws IOException, InterruptedException {
        registerPool(layout, distribution, TargetPlace.onLoopback(port), name, pool);
    }

    private static void registerPool(
            Layout layout, Distribution distribution, TargetPlace place, String name, Path pool)
            throws IOException, InterruptedException {
        Files.createDirectories(pool);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                distribution.targetServer().toString(),
                                "init",
                                "--pool",
                                pool.toString(),
                                "--cluster-id",
                                CLUSTER,
                                "--admin",
                                "unix://" + layout.socket("target")));
        command.addAll(portals(place));
        Process init =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String out = new String(init.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (init.waitFor() != 0) {
            throw new IOException("lunaria-target init ended with exit code " + init.exitValue());
        }
        Path targets = Files.createDirectories(layout.registry().resolve("storagetargets"));
        // init names it after its UUID; StorageClasses are to name it otherwise.
        String named = out.replaceFirst("(?m)^  name: .*$", "  name: " + name);
        Files.writeString(targets.resolve(name + ".yaml"), named);
    }

    private static List<String> targetServerArguments(
            Layout layout, TargetPlace place, List<String> further) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "run",
                                "--pool",
                                layout.pool().toString(),
                                "--admin",
                                "unix://" + layout.socket("target"),
                                "--state-folder",
                                layout.state("target").toString()));
        arguments.addAll(portals(place));
        arguments.addAll(further);
        return List.copyOf(arguments);
    }

    private static ServerProcess startTargetServer(
            Layout layout, Distribution distribution, TargetPlace place, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(place.prefix());
        command.add(distribution.targetServer().toString());
        command.addAll(arguments);
        return ServerProcess.start(
                layout,
                "target",
                Path.of(command.getFirst()),
                command.subList(1, command.size()),
                layout.socket("target"));
    }

    private static List<String> portals(TargetPlace place) {
        return place.portals().stream().flatMap(p -> Stream.of("--portal", p)).toList();
    }

    private static ServerProcess startController(Layout layout, Distribution distribution)
            throws IOException, InterruptedException {
        return startController(layout, distribution, "controller", "registry");
    }

    private static ServerProcess startController(
            Layout layout, Distribution distribution, String name, String registry)
            throws IOException, InterruptedException {
        return ServerProcess.start(
                layout,
                name,
                distribution.controller(),
                List.of(
                        "run",
                        "--csi-socket",
                        "unix://" + layout.socket(name),
                        "--registry-listen",
                        "unix://" + layout.socket(registry),
                        "--registry-folder",
                        layout.registry().toString(),
                        "--cluster-id",
                        CLUSTER,
                        "--keys",
                        layout.keys().toString()),
                layout.socket(name));
    }
}
