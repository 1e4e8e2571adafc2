package dev.lunaria.controller.kube;

import dev.lunaria.controller.registry.NodeLabels;
import dev.lunaria.controller.volume.NodeFence;
import dev.lunaria.controller.volume.NodesInService;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.registry.Registry;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.CallerCheck;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The Kubernetes cluster that the controller is of. Opened and closed by the main thread, used by
 * any. Holds one client with its connections and threads.
 */
public final class KubeCluster implements AutoCloseable {

    /** Between two looks at all pools. */
    static final Duration STATUS_PAUSE = Duration.ofSeconds(30);

    /** Between two looks for nodes that were taken out of service. */
    static final Duration FENCE_PAUSE = Duration.ofSeconds(5);

    /** Between two looks for nodes whose plugin has come. */
    static final Duration TAINT_PAUSE = Duration.ofSeconds(2);

    private final KubernetesClient client;
    private final KubeRegistry registry;
    private final ClusterNodes nodes;
    private final PersistentVolumes persistentVolumes;
    private final Events events;
    private final ClaimEvents claimEvents;
    private final OrphanReports orphans = new OrphanReports();

    KubeCluster(KubernetesClient client) {
        this.client = client;
        this.registry = new KubeRegistry(client);
        this.nodes = new ClusterNodes(client);
        this.persistentVolumes = new PersistentVolumes(client);
        this.events = new Events(client, InstantSource.system());
        this.claimEvents = new ClaimEvents(client, persistentVolumes, events);
    }

    /**
     * Asks nobody yet.
     *
     * @param kubeconfig how to reach the cluster; empty: as the pod's service account
     * @throws StartupException where that can't be
     */
    public static KubeCluster open(Optional<Path> kubeconfig) {
        return new KubeCluster(
                new KubernetesClientBuilder().withConfig(ClusterAccess.of(kubeconfig)).build());
    }

    /** The documents of the cluster; ends with it. */
    public Registry registry() {
        return registry;
    }

    /** Which nodes aren't tainted as out of service, read anew for each question. */
    public NodesInService nodesInService() {
        return nodes;
    }

    /** What these labels say of nodes, read anew for each question. */
    public NodeLabels nodeLabels(Set<String> keys) {
        return keys.isEmpty() ? NodeLabels.NONE : node -> nodes.labels(node, keys);
    }

    /** The same volumes; their claims hear by Events what somebody has to do something about. */
    public Volumes tellingClaims(Volumes volumes) {
        return new ClaimEventVolumes(volumes, claimEvents);
    }

    /**
     * Takes part in electing the controller whose background loops run. Ends with what it returns.
     *
     * @param identity names this process among all controllers
     */
    public AutoCloseable lead(
            Volumes volumes, Targets targets, String identity, LeaderDuties duties) {
        var leadership =
                new Leadership(
                        client,
                        namespace(),
                        identity,
                        () -> loops(volumes, targets, duties)::close);
        leadership.start();
        return leadership;
    }

    /**
     * Finds out which node calls, by a token of the node plugins' account in the controller's
     * namespace.
     */
    public CallerCheck nodeTokens(String account) {
        return new NodeTokens(client, namespace(), account);
    }

    private String namespace() {
        String namespace = client.getNamespace();
        if (namespace == null) {
            throw new StartupException(
                    "the kubeconfig's context names no namespace; set the controller's");
        }
        return namespace;
    }

    /** Takes nodes out of service, for an administrator. */
    public NodeEviction eviction(Targets targets, String clusterId) {
        return new NodeEviction(nodes, new NodeFence(registry, targets, clusterId), registry);
    }

    /** Takes them back. */
    public NodeReadmission readmission() {
        return new NodeReadmission(nodes);
    }

    private Loops loops(Volumes volumes, Targets targets, LeaderDuties duties) {
        var watch = new NodeWatch(client);
        var time = InstantSource.system();
        var statuses =
                new StatusRound(
                        client,
                        registry,
                        targets,
                        watch,
                        new Orphans(persistentVolumes, volumes, time, duties.orphanPatience()),
                        orphans,
                        new BackInService(nodes, targets),
                        time,
                        duties.clusterId());
        var fence =
                new OutOfServiceFence(
                        watch::nodes,
                        nodes,
                        new NodeFence(registry, targets, duties.clusterId()),
                        events);
        var loops = new ArrayList<Loops.Loop>();
        loops.add(new Loops.Loop("statuses", STATUS_PAUSE, statuses::run));
        loops.add(new Loops.Loop("out-of-service nodes", FENCE_PAUSE, fence::round));
        var departed =
                new DepartedMembers(
                        watch::nodes, nodes, registry, targets, time, duties.clusterId());
        loops.add(new Loops.Loop("departed members", STATUS_PAUSE, departed::round));
        if (duties.startupTaint()) {
            var taints =
                    new StartupTaints(
                            watch::nodes, nodes, registry, new NodePlugins(client)::nodes);
            loops.add(new Loops.Loop("startup taints", TAINT_PAUSE, taints::round));
        }
        return Loops.start(loops, List.of(watch::close, () -> orphans.report(Map.of())));
    }

    /** Volumes without a PersistentVolume, by pool; known to the controller that leads. */
    public Map<UUID, Integer> orphans() {
        var counts = new HashMap<UUID, Integer>();
        orphans.now().forEach((pool, luns) -> counts.put(pool, luns.size()));
        return counts;
    }

    @Override
    public void close() {
        claimEvents.close();
        registry.close();
        client.close();
    }
}
