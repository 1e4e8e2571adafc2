package dev.lunaria.controller.kube;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.NodesInService;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The nodes as Kubernetes has them now. Used by any thread; keeps nothing.
 *
 * <p>A node with the taint {@value #TAINT} is down for good, as an administrator says: Kubernetes
 * takes its pods away, and nothing may be published to it until the taint is gone.
 */
final class ClusterNodes implements NodesInService {

    /** See kubernetes.io, "Non-graceful node shutdown". */
    static final String TAINT = "node.kubernetes.io/out-of-service";

    /** With it a node begins whose pods are to wait for the node plugin; of any effect. */
    static final String NOT_READY_TAINT = "lunaria.dev/agent-not-ready";

    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;

    ClusterNodes(KubernetesClient client) {
        this.client = client;
    }

    /**
     * What matters of a node. Immutable.
     *
     * @param outOfService whether it is tainted so
     * @param awaitsPlugin whether it is still tainted as one without the node plugin
     */
    record Seen(boolean ready, boolean outOfService, boolean awaitsPlugin) {

        static Seen of(Node node) {
            return new Seen(isReady(node), has(node, TAINT), has(node, NOT_READY_TAINT));
        }

        private static boolean isReady(Node node) {
            return node.getStatus() != null
                    && node.getStatus().getConditions() != null
                    && node.getStatus().getConditions().stream()
                            .anyMatch(condition ->
                                    condition.getType().equals("Ready")
                                            && condition.getStatus().equals("True"));
        }

        private static boolean has(Node node, String taint) {
            return taints(node).stream().anyMatch(one -> one.getKey().equals(taint));
        }

        static List<Taint> taints(Node node) {
            return node.getSpec() == null || node.getSpec().getTaints() == null
                    ? List.of()
                    : node.getSpec().getTaints();
        }
    }

    /** Asks the API server. Empty where there is no such node. {@code UNAVAILABLE}. */
    Optional<Node> now(String name) {
        try {
            return Optional.ofNullable(client.nodes().withName(name).get());
        } catch (KubernetesClientException e) {
            throw new Failure(UNAVAILABLE, KubeErrors.explain("get", "nodes", e), e);
        }
    }

    /**
     * Changes the taints of a node as they are now. Returns whether there was something to change.
     * {@code UNAVAILABLE}; {@code BUSY} where others keep changing it; {@code NOT_FOUND}.
     */
    boolean retaint(String name, UnaryOperator<List<Taint>> change) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Node node =
                    now(name)
                            .orElseThrow(() ->
                                    new Failure(NOT_FOUND, "there is no node \"" + name + "\""));
            List<Taint> before = Seen.taints(node);
            List<Taint> wanted = change.apply(before);
            if (wanted.equals(before)) {
                return false;
            }
            if (write(node, wanted)) {
                return true;
            }
        }
        throw new Failure(BUSY, "node \"" + name + "\" keeps changing; repeat");
    }

    /** The node as it was read but for these; false where it is another by now. */
    private boolean write(Node read, List<Taint> taints) {
        Node changed = new NodeBuilder(read).editOrNewSpec().withTaints(taints).endSpec().build();
        try {
            // By the resourceVersion that was read; nothing the client doesn't know gets lost.
            var _ = client.nodes().resource(changed).update();
            return true;
        } catch (KubernetesClientException e) {
            if (KubeErrors.isConflict(e)) {
                return false;
            }
            throw new Failure(UNAVAILABLE, KubeErrors.explain("update", "nodes", e), e);
        }
    }

    /** Those of these labels that the node has. {@code UNAVAILABLE}. */
    Map<String, String> labels(String node, Set<String> keys) {
        return now(node)
                .map(Node::getMetadata)
                .map(ObjectMeta::getLabels)
                .map(labels -> {
                    var some = new TreeMap<>(labels);
                    some.keySet().retainAll(keys);
                    return Map.<String, String>copyOf(some);
                })
                .orElse(Map.of());
    }

    @Override
    public void require(String node) {
        if (now(node).map(Seen::of).filter(Seen::outOfService).isPresent()) {
            throw new Failure(
                    IN_USE,
                    "node \"%s\" is out of service and fenced; when it has been restarted, remove its taint %s"
                            .formatted(node, TAINT));
        }
    }
}
