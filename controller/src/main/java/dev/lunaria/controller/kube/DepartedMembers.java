package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.ClusterMember.State;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Members of the cluster of shared filesystems whose nodes are gone from Kubernetes: marked as
 * left, and their numbers freed when they provably can't write any more. Owned by one thread; keeps
 * an instant for each of them.
 *
 * <p>A node that is gone from Kubernetes may still run and have filesystems mounted. Its number is
 * freed when every pool answered that no grant of it holds, and that was so for {@link #REST}: by
 * then the other members have given it up too, as it had no heartbeat on any disk.
 */
final class DepartedMembers {
    private static final Logger log = LoggerFactory.getLogger(DepartedMembers.class);

    /** More than the longest time in which members take a node without a heartbeat for dead. */
    static final Duration REST = Duration.ofMinutes(15);

    private final Supplier<Map<String, ClusterNodes.Seen>> watched;
    private final ClusterNodes nodes;
    private final Registry registry;
    private final Targets targets;
    private final InstantSource time;
    private final String clusterId;
    private final Map<String, Instant> withoutGrantsSince = new HashMap<>();

    /**
     * @param watched all nodes as they were a moment ago
     */
    DepartedMembers(
            Supplier<Map<String, ClusterNodes.Seen>> watched,
            ClusterNodes nodes,
            Registry registry,
            Targets targets,
            InstantSource time,
            String clusterId) {
        this.watched = watched;
        this.nodes = nodes;
        this.registry = registry;
        this.targets = targets;
        this.time = time;
        this.clusterId = clusterId;
    }

    /** Looks at all members. */
    void round() throws InterruptedException {
        Set<String> there = watched.get().keySet();
        List<Document<LunariaNode>> departed =
                registry.list(Kind.LUNARIA_NODE).stream()
                        .filter(node -> node.spec().member() != null)
                        .filter(node -> !there.contains(node.name()))
                        .filter(node -> nodes.now(node.name()).isEmpty())
                        .toList();
        withoutGrantsSince
                .keySet()
                .retainAll(departed.stream().map(Document::name).collect(Collectors.toSet()));
        if (departed.isEmpty()) {
            return;
        }
        Survey survey = Survey.take(registry, targets, clusterId);
        for (Document<LunariaNode> node : departed) {
            ClusterMember member = node.spec().member();
            if (member == null) {
                continue;
            }
            if (member.state() != State.LEFT) {
                set(node, member.with(State.LEFT), "the node is gone from the cluster");
            } else if (hasRested(node.name(), survey)) {
                set(node, null, "the node is gone and can't write any more: its number is free");
            }
        }
    }

    private boolean hasRested(String node, Survey survey) {
        boolean holds =
                survey.pools().stream()
                        .flatMap(pool -> pool.luns().stream())
                        .anyMatch(lun -> lun.grantOf(node).filter(Grant::holds).isPresent());
        if (holds || !survey.isComplete()) {
            withoutGrantsSince.remove(node);
            return false;
        }
        Instant now = time.instant();
        Instant since = withoutGrantsSince.computeIfAbsent(node, _ -> now);
        return !now.isBefore(since.plus(REST));
    }

    /** A node that registers meanwhile is faster, and stays. */
    private void set(Document<LunariaNode> node, @Nullable ClusterMember member, String why) {
        try {
            registry.replace(Kind.LUNARIA_NODE, node, node.spec().as(member));
            log.atInfo().addKeyValue("node", node.name()).addKeyValue("member", member).log(why);
        } catch (RegistryException e) {
            if (e.reason() != RegistryException.Reason.CONFLICT
                    && e.reason() != RegistryException.Reason.NOT_FOUND) {
                throw e;
            }
        }
    }
}
