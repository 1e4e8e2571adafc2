package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the taint with which nodes begin whose pods are to wait for the node plugin, once the
 * node is registered and its kubelet knows the plugin. Owned by one thread.
 *
 * <p>Nodes have no rights in Kubernetes, so the controller does it for them. The kubelet learns of
 * the plugin only when NodeGetInfo has answered, which waits for the registration.
 */
final class StartupTaints {

    private static final Logger log = LoggerFactory.getLogger(StartupTaints.class);

    private final Supplier<Map<String, ClusterNodes.Seen>> watched;
    private final ClusterNodes nodes;
    private final Registry registry;
    private final Supplier<Set<String>> withPlugin;

    /**
     * @param watched all nodes as they were a moment ago
     * @param withPlugin nodes whose kubelets know the node plugin
     */
    StartupTaints(
            Supplier<Map<String, ClusterNodes.Seen>> watched,
            ClusterNodes nodes,
            Registry registry,
            Supplier<Set<String>> withPlugin) {
        this.watched = watched;
        this.nodes = nodes;
        this.registry = registry;
        this.withPlugin = withPlugin;
    }

    /** Looks at all nodes that have the taint. */
    void round() {
        List<String> waiting =
                watched.get().entrySet().stream()
                        .filter(node -> node.getValue().awaitsPlugin())
                        .map(Map.Entry::getKey)
                        .toList();
        if (waiting.isEmpty()) {
            return;
        }
        Set<String> ready = withPlugin.get();
        waiting.stream()
                .filter(ready::contains)
                .filter(node -> registry.get(Kind.LUNARIA_NODE, node).isPresent())
                .forEach(this::remove);
    }

    private void remove(String node) {
        try {
            boolean removed =
                    nodes.retaint(
                            node,
                            taints ->
                                    taints.stream()
                                            .filter(taint ->
                                                    !taint.getKey()
                                                            .equals(ClusterNodes.NOT_READY_TAINT))
                                            .toList());
            if (removed) {
                log.atInfo()
                        .addKeyValue("node", node)
                        .log("The node plugin is there: pods with volumes may come");
            }
        } catch (Failure failure) {
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("error", failure.getMessage())
                    .log("The startup taint can't be removed yet; the next round tries again");
        }
    }
}
