package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fences nodes that are tainted as out of service, at every target that answers, again and again
 * while the taint is there. Owned by one thread, keeps nothing: a node without grants costs
 * nothing.
 *
 * <p>Kubernetes itself waits up to six minutes before it unpublishes; an administrator who taints a
 * node has said that it won't come back by itself.
 */
final class OutOfServiceFence {

    private static final Logger log = LoggerFactory.getLogger(OutOfServiceFence.class);

    private final Supplier<Map<String, ClusterNodes.Seen>> watched;
    private final ClusterNodes nodes;
    private final Registry registry;
    private final Targets targets;
    private final Events events;
    private final String clusterId;

    /**
     * @param watched all nodes as they were a moment ago
     */
    OutOfServiceFence(
            Supplier<Map<String, ClusterNodes.Seen>> watched,
            ClusterNodes nodes,
            Registry registry,
            Targets targets,
            Events events,
            String clusterId) {
        this.watched = watched;
        this.nodes = nodes;
        this.registry = registry;
        this.targets = targets;
        this.events = events;
        this.clusterId = clusterId;
    }

    /** Looks at all nodes, and fences those that are tainted now. */
    void round() throws InterruptedException {
        List<String> tainted =
                watched.get().entrySet().stream()
                        .filter(node -> node.getValue().outOfService())
                        .map(Map.Entry::getKey)
                        .filter(this::isTaintedNow)
                        .toList();
        if (!tainted.isEmpty()) {
            Survey survey = Survey.take(registry, targets, clusterId);
            tainted.forEach(node -> fence(node, survey));
        }
    }

    /** The watch may be behind: a node that is back must not lose its volumes. */
    private boolean isTaintedNow(String node) {
        return nodes.now(node)
                .map(ClusterNodes.Seen::of)
                .filter(ClusterNodes.Seen::outOfService)
                .isPresent();
    }

    private void fence(String node, Survey survey) {
        var fenced = new AtomicInteger();
        // One thread a pool: a stuck store of one doesn't keep the others from fencing.
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Survey.Pool pool : survey.pools()) {
                threads.execute(() -> fenced.addAndGet(fence(node, pool)));
            }
        }
        if (fenced.get() > 0) {
            nodes.now(node)
                    .ifPresent(tainted ->
                            events.tell(
                                    new Events.About(tainted),
                                    Events.Type.NORMAL,
                                    "Fenced",
                                    "the node is tainted as out of service: it can no longer read or write its volumes"));
        }
    }

    private int fence(String node, Survey.Pool pool) {
        int fenced = 0;
        for (Lun lun : pool.luns()) {
            if (lun.grantOf(node).filter(Grant::holds).isPresent()
                    && fence(node, pool.target(), lun)) {
                fenced++;
            }
        }
        return fenced;
    }

    private boolean fence(String node, Document<StorageTarget> target, Lun lun) {
        String volume = target.spec().pool() + "/" + lun.id();
        try {
            targets.open(target.spec()).revoke(lun.id(), Optional.of(node));
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("volume", volume)
                    .log(
                            "The node is out of service and was fenced; publishes to it are refused until its taint is removed");
            return true;
        } catch (Failure failure) {
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("volume", volume)
                    .addKeyValue("error", failure.getMessage())
                    .log("The node is out of service but isn't fenced here yet; trying again");
            return false;
        }
    }
}
