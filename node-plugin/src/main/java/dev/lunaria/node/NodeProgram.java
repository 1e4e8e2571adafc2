package dev.lunaria.node;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.BackendChoice;
import dev.lunaria.node.attach.UserspaceDisks;
import dev.lunaria.node.cluster.Heartbeats;
import dev.lunaria.node.cluster.NoSharedFilesystems;
import dev.lunaria.node.cluster.SharedCluster;
import dev.lunaria.node.cluster.SharedFilesystems;
import dev.lunaria.node.csi.NodeErrors;
import dev.lunaria.node.csi.NodeFacts;
import dev.lunaria.node.csi.NodeService;
import dev.lunaria.node.format.Formatter;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.node.kernel.Ocfs2Modules;
import dev.lunaria.node.mount.MountPoints;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.node.registration.Registration;
import dev.lunaria.node.volume.Disks;
import dev.lunaria.node.volume.PublishedVolumes;
import dev.lunaria.node.volume.StagedVolumes;
import dev.lunaria.node.volume.StorageConditions;
import dev.lunaria.node.volume.UnusedDisks;
import dev.lunaria.node.volume.VolumeConditions;
import dev.lunaria.node.volume.VolumeFilesystems;
import dev.lunaria.node.volume.VolumeGrowth;
import dev.lunaria.node.volume.VolumeLocks;
import dev.lunaria.node.volume.VolumeRecords;
import dev.lunaria.node.volume.VolumeStats;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.csi.CsiIdentity;
import dev.lunaria.service.csi.Segments;
import dev.lunaria.service.health.HealthServer;
import dev.lunaria.service.health.Readiness;
import dev.lunaria.service.log.LunariaLogging;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.state.SingleInstance;
import dev.lunaria.service.state.StateFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node plugin's parts, put together. Run by the main thread. */
final class NodeProgram {
    private static final Logger log = LoggerFactory.getLogger(NodeProgram.class);

    /** CSI calls at a time: all of them may block in the kernel. */
    private static final int CSI_THREADS = 32;

    /** Less than Kubernetes' 30 s between SIGTERM and SIGKILL. */
    private static final Duration STOP = Duration.ofSeconds(20);

    /** Less than the deadlines of node-driver-registrar (30 s) and kubelet (2 min). */
    private static final Duration AWAIT_REGISTRATION = Duration.ofSeconds(20);

    private NodeProgram() {}

    /** Runs until a signal comes; returns the exit code. */
    static int run(NodeSettings settings, CommonOptions common) throws InterruptedException {
        try (var lifecycle = new Lifecycle(STOP)) {
            lifecycle.onReload("log level", common::reloadLogLevel);
            LunariaLogging.node(settings.nodeName());
            becomeIoFlusher();
            var readiness = new Readiness();
            var metrics = new NodeMetrics();
            Optional<HealthServer> health =
                    settings.health()
                            .map(address ->
                                    lifecycle.add(
                                            "health",
                                            HealthServer.start(
                                                    address, readiness, metrics.metrics())));
            Path folder = StateFolder.open(settings.stateFolder());
            lifecycle.add("lock", SingleInstance.acquire(folder));
            VolumeRecords records = VolumeRecords.open(folder);
            InstallationKeys.read(settings.keys()); // Refuses now rather than at the first stage.

            GrpcChannel diskProcess =
                    lifecycle.add(
                            "disk process",
                            GrpcChannel.open(
                                    settings.diskSocket(),
                                    null,
                                    "",
                                    health.map(HealthServer::meters).orElse(null)));
            KernelCalls kernel = lifecycle.add("kernel calls", new KernelCalls());
            Backends backends =
                    Backends.choose(
                            settings, folder, new UserspaceDisks(diskProcess), kernel, lifecycle);
            AttachBackend backend = backends.backend();
            if (backends.choice().name() == BackendChoice.Name.USERSPACE) {
                readiness.require("disk process", () -> DiskSocket.problem(settings.diskSocket()));
            }

            Optional<Tls> tls = settings.registryTls().map(Tls::load);
            tls.ifPresent(loaded -> lifecycle.onReload("TLS files", loaded));
            GrpcChannel registry =
                    lifecycle.add(
                            "registry",
                            GrpcChannel.open(
                                    settings.registry(),
                                    tls.orElse(null),
                                    settings.registryToken()));
            Registration registration =
                    lifecycle.add(
                            "registration",
                            new Registration(
                                    registry,
                                    settings.nodeName(),
                                    settings.addresses(),
                                    settings.maxVolumes(),
                                    backends.choice().name().toString(),
                                    settings.shared()
                                            .map(NodeSettings.Shared::address)
                                            .orElse("")));
            readiness.require(
                    "registration",
                    () -> registration.isDone() ? null : "the controller hasn't answered yet");
            Supplier<NodeIdentity> identity = () -> registration.await(AWAIT_REGISTRATION);

            var mounts = new MountPoints(kernel);
            SharedFilesystems shared =
                    settings.shared()
                            .<SharedFilesystems>map(own ->
                                    share(
                                            lifecycle,
                                            settings,
                                            own,
                                            identity,
                                            registration,
                                            registry))
                            .orElseGet(NoSharedFilesystems::new);
            var disks =
                    new Disks(
                            backend,
                            identity,
                            () -> InstallationKeys.read(settings.keys()),
                            new Heartbeats());
            var locks = new VolumeLocks();
            var formatter = new Formatter(backend, kernel, shared::clusterName);
            var filesystems = new VolumeFilesystems(mounts, kernel, shared);
            var staged = new StagedVolumes(locks, records, disks, formatter, filesystems, mounts);
            staged.measure(metrics);
            metrics.serve(records::count);
            var published = new PublishedVolumes(locks, records, disks, mounts, staged);
            var growth = new VolumeGrowth(locks, records, disks, mounts, staged, filesystems);
            var stats = new VolumeStats(records, disks, mounts);
            var conditions = new VolumeConditions(records, disks, mounts, staged);

            lifecycle.add(
                    "csi",
                    GrpcServer.on(settings.csiSocket())
                            .service(new CsiIdentity(readiness::isReady, settings.alphaCalls()))
                            .blockingService(
                                    new NodeService(
                                            staged,
                                            published,
                                            growth,
                                            stats,
                                            conditions,
                                            new StorageConditions(disks),
                                            new NodeFacts(
                                                    identity,
                                                    settings.maxVolumes(),
                                                    segments(settings, backends.choice()),
                                                    settings.alphaCalls())),
                                    CSI_THREADS)
                            .errors(new NodeErrors())
                            .meters(health.map(HealthServer::meters).orElse(null))
                            .start());
            var unused = new UnusedDisks(locks, records, disks, kernel);
            lifecycle.add("reconciliation", Reconciliation.start(unused::detach));
            readiness.started();
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    /** Takes part in shared filesystems until the program stops; mounts and heartbeats stay. */
    private static SharedCluster share(
            Lifecycle lifecycle,
            NodeSettings settings,
            NodeSettings.Shared own,
            Supplier<NodeIdentity> identity,
            Registration registration,
            GrpcChannel registry) {
        SharedCluster cluster =
                lifecycle.add(
                        "shared filesystems",
                        new SharedCluster(
                                identity, registration, own.timeouts(), settings.hostRoot()));
        lifecycle.add("members", SharedCluster.watching(cluster, registry));
        return cluster;
    }

    /** Kubernetes makes labels of them. */
    private static Map<String, String> segments(NodeSettings settings, BackendChoice backend) {
        List<String> missing = new Ocfs2Modules(Path.of("/")).missing();
        var segments = new TreeMap<>(settings.topology());
        segments.putAll(
                Segments.ofNode(
                        backend.name().toString(),
                        settings.shared().isPresent() && missing.isEmpty()));
        log.atInfo()
                .addKeyValue("segments", segments)
                .addKeyValue("ocfs2Lacks", missing)
                .log("topology");
        return segments;
    }

    /**
     * Disks that the kernel frees memory by writing to are recovered by this process: threads that
     * this one starts inherit it.
     */
    private static void becomeIoFlusher() {
        try {
            Processes.becomeIoFlusher();
        } catch (LinuxException e) {
            log.atInfo()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "not an I/O flusher: give CAP_SYS_RESOURCE, or recovering disks may"
                                    + " stall when memory is short");
        }
    }
}
