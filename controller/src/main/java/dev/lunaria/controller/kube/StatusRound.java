package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * One look at everything: all pools are asked once, and from what they answered fenced nodes that
 * are back are let go, orphans found and statuses written. Owned by one thread.
 */
final class StatusRound {

    private final KubernetesClient client;
    private final KubeRegistry registry;
    private final Targets targets;
    private final NodeWatch nodes;
    private final Orphans orphans;
    private final OrphanReports reports;
    private final BackInService back;
    private final InstantSource time;
    private final String clusterId;
    private final StatusWriter<StorageTarget, StorageTargetStatus> targetStatuses;
    private final StatusWriter<LunariaNode, LunariaNodeStatus> nodeStatuses;
    private final StatusWriter<LunariaVolume, LunariaVolumeStatus> volumeStatuses;

    StatusRound(
            KubernetesClient client,
            KubeRegistry registry,
            Targets targets,
            NodeWatch nodes,
            Orphans orphans,
            OrphanReports reports,
            BackInService back,
            InstantSource time,
            String clusterId) {
        this.client = client;
        this.registry = registry;
        this.targets = targets;
        this.nodes = nodes;
        this.orphans = orphans;
        this.reports = reports;
        this.back = back;
        this.time = time;
        this.clusterId = clusterId;
        targetStatuses =
                new StatusWriter<>(
                        client, registry, Kind.STORAGE_TARGET, StorageTargetStatus.class);
        nodeStatuses =
                new StatusWriter<>(client, registry, Kind.LUNARIA_NODE, LunariaNodeStatus.class);
        volumeStatuses =
                new StatusWriter<>(
                        client, registry, Kind.LUNARIA_VOLUME, LunariaVolumeStatus.class);
    }

    void run() throws InterruptedException {
        List<Document<LunariaVolume>> placements = placements();
        Survey survey = Survey.take(registry, targets, clusterId);
        back.round(survey);
        var statuses = new Statuses(survey, time);
        Map<UUID, List<UUID>> found = orphans.round(survey, placements);
        reports.report(found);
        var _ =
                targetStatuses.round((target, before, generation) ->
                        statuses.target(
                                target,
                                before,
                                generation,
                                found.getOrDefault(target.spec().pool(), List.of()),
                                clusterId));
        Map<String, ClusterNodes.Seen> seen = nodes.nodes();
        Set<String> plugins = new NodePlugins(client).nodes();
        var _ =
                nodeStatuses.round((node, before, generation) ->
                        statuses.node(
                                node,
                                before,
                                generation,
                                Optional.ofNullable(seen.get(node.name())),
                                plugins.contains(node.name())));
        var _ = volumeStatuses.round(statuses::volume);
    }

    /** One that can't be read hides them all: then no place is judged, and the rest goes on. */
    private List<Document<LunariaVolume>> placements() {
        try {
            return registry.list(Kind.LUNARIA_VOLUME);
        } catch (RegistryException e) {
            return List.of();
        }
    }
}
