package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.FuseConnections;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.ServersGrpc;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import dev.lunaria.service.net.Endpoint;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An installation with two hosts, in which every message between two programs is a step, and every
 * file that appears: controller to target server, plugin to disk process, disk process to portal,
 * orchestrator to both.
 *
 * <p>Used by one thread at a time. What it starts ends with {@link #remove}.
 */
final class WatchedInstallation {
    private static final List<ServiceDescriptor> OF_TARGETS =
            List.of(
                    ServersGrpc.getServiceDescriptor(),
                    PoolsGrpc.getServiceDescriptor(),
                    LunsGrpc.getServiceDescriptor(),
                    SnapshotsGrpc.getServiceDescriptor(),
                    GrantsGrpc.getServiceDescriptor(),
                    SessionsGrpc.getServiceDescriptor());

    private final Path root;
    private final Installation installation;
    private final Steps steps;
    private final Orchestrator orchestrator;
    private final List<NodeHost> hosts = new ArrayList<>();
    private final List<AutoCloseable> relays = new ArrayList<>();
    private final FuseConnections fuse;

    private WatchedInstallation(
            Path root, Installation installation, Steps steps, FuseConnections fuse) {
        this.root = root;
        this.installation = installation;
        this.steps = steps;
        this.fuse = fuse;
        this.orchestrator =
                new Orchestrator(installation, installation.csi().channel(), new CallSteps(steps));
    }

    /**
     * Starts all programs below a folder, which is removed first.
     *
     * @param targetArguments further ones of the target server
     */
    static WatchedInstallation start(
            Path root, Distribution distribution, List<String> targetArguments)
            throws IOException, InterruptedException {
        int port = Installation.freePort();
        var layout = new Layout(root);
        var steps = new Steps();
        var watched =
                new WatchedInstallation(
                        root,
                        Installation.start(layout, distribution, port, targetArguments),
                        steps,
                        FuseConnections.watch(root, layout.fuseControl()));
        watched.relays.add(watched.fuse);
        watched.relayTarget(port);
        watched.addHost("mybox0");
        watched.addHost("mybox1");
        watched.watchFolders();
        return watched;
    }

    private void relayTarget(int port) throws IOException {
        Layout layout = installation.layout();
        IscsiRelay portal = IscsiRelay.start(port, steps);
        relays.add(portal);
        relays.add(
                GrpcRelay.start(
                        new Endpoint.Unix(layout.socket("target-relay")),
                        new Endpoint.Unix(layout.socket("target")),
                        OF_TARGETS,
                        steps::passing));
        // The controller reads the document with its next call.
        Path document = layout.registry().resolve("storagetargets/local.yaml");
        Files.writeString(
                document,
                Files.readString(document)
                        .replace(
                                layout.socket("target").toString(),
                                layout.socket("target-relay").toString())
                        .replace("127.0.0.1:" + port, "127.0.0.1:" + portal.port()));
    }

    private void addHost(String name) throws IOException, InterruptedException {
        Layout layout = installation.layout();
        String relay = name + "-relay";
        relays.add(
                GrpcRelay.start(
                        new Endpoint.Unix(layout.socket(relay)),
                        new Endpoint.Unix(layout.socket(name + "-disk")),
                        List.of(DisksGrpc.getServiceDescriptor()),
                        this::diskPassing));
        NodeHost host = installation.addHost(name, relay);
        hosts.add(host);
        // As an orchestrator does before it publishes anything to a node: it waits for the
        // registration.
        var _ = orchestrator.nodeId(host);
    }

    /**
     * What was attached is mounted when the disk process answers; a moment later it may be gone.
     */
    private void diskPassing(String step) {
        if (step.equals("Attach is answered")) {
            try {
                fuse.look();
            } catch (IOException e) {
                throw new UncheckedIOException("FUSE connections can't be watched", e);
            }
        }
        steps.passing(step);
    }

    private void watchFolders() throws IOException {
        Layout layout = installation.layout();
        FolderSteps folders = FolderSteps.start(root, steps);
        relays.add(folders);
        for (String folder : Traces.POOL_FOLDERS) {
            folders.add(layout.pool().resolve(folder));
        }
        folders.add(layout.registry().resolve("lunariavolumes"));
        for (NodeHost host : hosts) {
            folders.add(layout.state(host.name()).resolve("volumes"));
            folders.add(layout.state(host.name() + "-disk").resolve("disks"));
        }
    }

    Path root() {
        return root;
    }

    Installation installation() {
        return installation;
    }

    Steps steps() {
        return steps;
    }

    /** Whose calls are steps too. */
    Orchestrator orchestrator() {
        return orchestrator;
    }

    /** mybox0 and mybox1. */
    NodeHost host(int number) {
        return hosts.get(number);
    }

    /** FUSE connections that its disk processes have made and that are still there. */
    List<String> fuseConnections() throws IOException {
        return fuse.present();
    }

    /** Starts whatever of it doesn't run. */
    void restart() throws IOException, InterruptedException {
        // Before a disk process removes what the one before it has left.
        fuse.look();
        installation.restart();
        for (NodeHost host : hosts) {
            host.restart();
        }
    }

    /** Ends everything, by force where it must, and removes the folder. */
    void remove() throws IOException, InterruptedException {
        try {
            installation.stop();
        } finally {
            closeRelays();
            var _ = Leftovers.remove(root);
        }
    }

    private void closeRelays() throws IOException {
        for (AutoCloseable relay : relays.reversed()) {
            try {
                relay.close();
            } catch (IOException | RuntimeException e) {
                throw new IOException("a relay can't be closed", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                throw new IllegalStateException("no relay throws this", e);
            }
        }
    }
}
