package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.NodeFence;
import dev.lunaria.registry.RegistryException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fences nodes that were tainted as out of service, at every target, until none holds a grant.
 * Owned by one thread.
 *
 * <p>Kubernetes itself waits up to six minutes before it unpublishes; an administrator who taints a
 * node has said that it won't come back by itself.
 */
final class OutOfServiceFence {

    private static final Logger log = LoggerFactory.getLogger(OutOfServiceFence.class);

    private final Supplier<Map<String, ClusterNodes.Seen>> watched;
    private final ClusterNodes nodes;
    private final NodeFence fence;
    private final Events events;
    private final Map<String, List<String>> trouble = new HashMap<>();

    /**
     * @param watched all nodes as they were a moment ago
     */
    OutOfServiceFence(
            Supplier<Map<String, ClusterNodes.Seen>> watched,
            ClusterNodes nodes,
            NodeFence fence,
            Events events) {
        this.watched = watched;
        this.nodes = nodes;
        this.fence = fence;
        this.events = events;
    }

    /** Looks at all nodes, and fences those that are tainted now, all at once. */
    void round() throws InterruptedException {
        List<String> tainted =
                watched.get().entrySet().stream()
                        .filter(node -> node.getValue().outOfService())
                        .map(Map.Entry::getKey)
                        .filter(this::isTaintedNow)
                        .toList();
        trouble.keySet().retainAll(tainted);
        var outcomes = new TreeMap<String, Future<NodeFence.Outcome>>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            tainted.forEach(node -> outcomes.put(node, threads.submit(() -> fence.fence(node))));
            for (var outcome : outcomes.entrySet()) {
                tell(outcome.getKey(), outcome.getValue().get());
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RegistryException expected
                    ? expected
                    : new IllegalStateException("a fence failed unexpectedly", e);
        }
    }

    /** The watch may be behind: a node that is back must not lose its volumes. */
    private boolean isTaintedNow(String node) {
        return nodes.now(node)
                .map(ClusterNodes.Seen::of)
                .filter(ClusterNodes.Seen::outOfService)
                .isPresent();
    }

    private void tell(String node, NodeFence.Outcome outcome) {
        if (!outcome.fenced().isEmpty()) {
            nodes.now(node)
                    .ifPresent(tainted ->
                            events.tell(
                                    new Events.About(tainted),
                                    Events.Type.NORMAL,
                                    "Fenced",
                                    "the node is tainted as out of service: it can no longer read or write its volumes"));
        }
        List<String> before = trouble.put(node, outcome.left());
        if (!outcome.isComplete() && !outcome.left().equals(before)) {
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("left", outcome.left())
                    .log(
                            "The node is out of service but isn't fenced everywhere yet; trying again");
        }
    }
}
