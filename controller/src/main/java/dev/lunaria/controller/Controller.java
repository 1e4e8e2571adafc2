package dev.lunaria.controller;

import dev.lunaria.controller.csi.ControllerService;
import dev.lunaria.controller.csi.CsiErrors;
import dev.lunaria.controller.csi.GroupControllerService;
import dev.lunaria.controller.csi.SnapshotMetadataService;
import dev.lunaria.controller.kube.KubeCluster;
import dev.lunaria.controller.kube.LeaderDuties;
import dev.lunaria.controller.placement.PoolChoice;
import dev.lunaria.controller.placement.RegistryPlacements;
import dev.lunaria.controller.registry.NodeLabels;
import dev.lunaria.controller.registry.RegistryService;
import dev.lunaria.controller.snapshot.LockedSnapshotGroups;
import dev.lunaria.controller.snapshot.LockedSnapshots;
import dev.lunaria.controller.snapshot.PlacedSnapshotGroups;
import dev.lunaria.controller.snapshot.PlacedSnapshots;
import dev.lunaria.controller.snapshot.Servers;
import dev.lunaria.controller.snapshot.SnapshotContents;
import dev.lunaria.controller.target.TargetConnections;
import dev.lunaria.controller.volume.AttachLimit;
import dev.lunaria.controller.volume.CopyPatience;
import dev.lunaria.controller.volume.IdempotentVolumes;
import dev.lunaria.controller.volume.LockedVolumes;
import dev.lunaria.controller.volume.NodesInService;
import dev.lunaria.controller.volume.PlacedVolumes;
import dev.lunaria.controller.volume.Publishing;
import dev.lunaria.controller.volume.RegisteredTargets;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.controller.volume.VolumeConditions;
import dev.lunaria.controller.volume.VolumeListing;
import dev.lunaria.controller.volume.VolumeSources;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.CsiIdentity;
import dev.lunaria.service.health.HealthServer;
import dev.lunaria.service.health.Readiness;
import dev.lunaria.service.net.CallerCheck;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.LiveKeys;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The controller put together from its parts. Main thread. */
final class Controller {

    private Controller() {}

    /**
     * Starts everything; what is started stops with the lifecycle. {@link StartupException} where
     * it can't.
     */
    static void start(Settings settings, Lifecycle lifecycle) {
        start(settings, lifecycle, CopyPatience.USUAL);
    }

    /** The same, with another patience for copies. */
    static void start(Settings settings, Lifecycle lifecycle, CopyPatience patience) {
        var readiness = new Readiness();
        var metrics = new ControllerMetrics();
        Optional<MeterRegistry> meters =
                settings.health()
                        .map(address ->
                                lifecycle
                                        .add(
                                                "health",
                                                HealthServer.start(
                                                        address, readiness, metrics.metrics()))
                                        .meters());
        LiveKeys keys = LiveKeys.of(settings.keys());
        lifecycle.onReload("installation keys", keys);
        Optional<Tls> tls = settings.tls().map(Tls::load);
        tls.ifPresent(loaded -> lifecycle.onReload("TLS files", loaded));
        Optional<KubeCluster> cluster = openCluster(settings, lifecycle);
        Registry registry = openRegistry(settings, cluster, lifecycle);
        requireThisCluster(registry, settings);
        readiness.require("registry", () -> problem(registry));
        var targets =
                lifecycle.add("targets", new TargetConnections(settings.clusterId(), tls, meters));
        lifecycle.add(
                "registry server",
                serveRegistry(
                        registry, cluster, settings, tls, callers(settings, cluster), meters));
        Volumes volumes = volumes(registry, targets, keys, cluster, settings, patience);
        lifecycle.add(
                "csi server", serveCsi(registry, targets, volumes, settings, readiness, meters));
        cluster.ifPresent(here -> {
            metrics.serveOrphans(here::orphans);
            lifecycle.add(
                    "background loops",
                    here.lead(
                            volumes,
                            targets,
                            identity(),
                            new LeaderDuties(
                                    settings.clusterId(),
                                    settings.startupTaint(),
                                    settings.orphanPatience())));
        });
        readiness.started();
    }

    /** In a pod the host's name is the pod's. */
    private static String identity() {
        return System.getenv().getOrDefault("HOSTNAME", "controller") + "_" + UUID.randomUUID();
    }

    /** Why the registry can't be read; null where it can. */
    private static @Nullable String problem(Registry registry) {
        try {
            registry.list(Kind.STORAGE_TARGET);
            return null;
        } catch (RegistryException e) {
            return e.getMessage();
        }
    }

    /** The domain with its decorators. */
    static Volumes volumes(
            Registry registry,
            Targets targets,
            Supplier<InstallationKeys> keys,
            Optional<KubeCluster> cluster,
            Settings settings,
            CopyPatience patience) {
        String clusterId = settings.clusterId();
        NodesInService nodes = cluster.map(KubeCluster::nodesInService).orElse(NodesInService.ALL);
        var registered = new RegisteredTargets(registry);
        var sources = new VolumeSources(registered, targets);
        var choice =
                new PoolChoice(
                        registered, targets, clusterId, Executors::newVirtualThreadPerTaskExecutor);
        var placements =
                new RegistryPlacements(registry, registered, choice, sources, UUID::randomUUID);
        var placed =
                new PlacedVolumes(
                        registered,
                        targets,
                        placements,
                        sources,
                        patience,
                        new Publishing(
                                registry,
                                keys,
                                nodes,
                                clusterId,
                                new AttachLimit(registered, targets, clusterId)),
                        new VolumeListing(registered, targets, clusterId));
        var locked = new LockedVolumes(new IdempotentVolumes(placed));
        return cluster.map(here -> here.tellingClaims(locked)).orElse(locked);
    }

    private static Optional<KubeCluster> openCluster(Settings settings, Lifecycle lifecycle) {
        return switch (settings.registry()) {
            case RegistrySource.Folder _ -> Optional.empty();
            case RegistrySource.Kubernetes(Optional<Path> kubeconfig) ->
                    Optional.of(lifecycle.add("kubernetes", KubeCluster.open(kubeconfig)));
        };
    }

    private static Registry openRegistry(
            Settings settings, Optional<KubeCluster> cluster, Lifecycle lifecycle) {
        try {
            return switch (settings.registry()) {
                case RegistrySource.Folder(Path folder) ->
                        lifecycle.add("registry", FolderRegistry.open(folder));
                case RegistrySource.Kubernetes _ -> cluster.orElseThrow().registry();
            };
        } catch (RegistryException e) {
            throw new StartupException(e.getMessage(), e);
        }
    }

    /**
     * A registry of another cluster would give nodes names and secrets under which nobody knows
     * them.
     */
    private static void requireThisCluster(Registry registry, Settings settings) {
        try {
            for (Document<LunariaNode> node : registry.list(Kind.LUNARIA_NODE)) {
                if (!node.spec().clusterId().equals(settings.clusterId())) {
                    throw new StartupException(
                            "--cluster-id is %s, but the registry in %s is of cluster %s (node %s)"
                                    .formatted(
                                            settings.clusterId(),
                                            settings.registry(),
                                            node.spec().clusterId(),
                                            node.name()));
                }
            }
        } catch (RegistryException e) {
            throw new StartupException(e.getMessage(), e);
        }
    }

    /** How nodes say who they are; empty: their certificate is enough. */
    private static Optional<CallerCheck> callers(Settings settings, Optional<KubeCluster> cluster) {
        return settings.nodeAccount()
                .map(account -> {
                    KubeCluster here =
                            cluster.orElseThrow(() ->
                                    new StartupException(
                                            "--node-account is of Kubernetes; add --registry kubernetes, or leave it out"));
                    if (settings.registryListen() instanceof Endpoint.Unix) {
                        throw new StartupException(
                                "--node-account needs --registry-listen host:port: no token comes over a Unix socket");
                    }
                    return here.nodeTokens(account);
                });
    }

    private static GrpcServer serveRegistry(
            Registry registry,
            Optional<KubeCluster> cluster,
            Settings settings,
            Optional<Tls> tls,
            Optional<CallerCheck> callers,
            Optional<MeterRegistry> meters) {
        NodeLabels labels =
                cluster.map(here -> here.nodeLabels(settings.nodeLabels())).orElse(NodeLabels.NONE);
        var builder =
                GrpcServer.on(settings.registryListen())
                        .service(
                                new RegistryService(
                                        registry, settings.clusterId(), labels, new SecureRandom()))
                        .errors(new CsiErrors())
                        .callers(callers.orElse(null))
                        .meters(meters.orElse(null))
                        .stopWithin(settings.stopWithin());
        return switch (settings.registryListen()) {
            case Endpoint.Unix _ -> builder.start();
            case Endpoint.Tcp _ ->
                    builder.tls(tls.orElse(null)).allowedPeers(settings.allowedClients()).start();
        };
    }

    private static GrpcServer serveCsi(
            Registry registry,
            Targets targets,
            Volumes volumes,
            Settings settings,
            Readiness readiness,
            Optional<MeterRegistry> meters) {
        String clusterId = settings.clusterId();
        var servers =
                new Servers(
                        new RegisteredTargets(registry),
                        targets,
                        Executors::newVirtualThreadPerTaskExecutor);
        return GrpcServer.on(settings.csi())
                .service(new CsiIdentity(readiness::isReady, settings.alphaCalls()))
                .service(
                        new ControllerService(
                                volumes,
                                new LockedSnapshots(new PlacedSnapshots(servers, clusterId)),
                                new VolumeConditions(
                                        registry,
                                        new RegisteredTargets(registry),
                                        targets,
                                        clusterId),
                                settings.alphaCalls()))
                .service(
                        new GroupControllerService(
                                new LockedSnapshotGroups(
                                        new PlacedSnapshotGroups(servers, clusterId)),
                                settings.alphaCalls()))
                .service(new SnapshotMetadataService(new SnapshotContents(servers, clusterId)))
                .errors(new CsiErrors())
                .meters(meters.orElse(null))
                .stopWithin(settings.stopWithin())
                .start();
    }
}
