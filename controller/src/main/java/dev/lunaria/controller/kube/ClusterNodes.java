package dev.lunaria.controller.kube;

import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.NodesInService;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;

/**
 * The nodes as Kubernetes has them now. Used by any thread; keeps nothing.
 *
 * <p>A node with the taint {@value #TAINT} is down for good, as an administrator says: Kubernetes
 * takes its pods away, and nothing may be published to it until the taint is gone.
 */
final class ClusterNodes implements NodesInService {

    /** See kubernetes.io, "Non-graceful node shutdown". */
    static final String TAINT = "node.kubernetes.io/out-of-service";

    private final KubernetesClient client;

    ClusterNodes(KubernetesClient client) {
        this.client = client;
    }

    /** What matters of a node. Immutable. */
    record Seen(boolean ready, boolean outOfService) {

        static Seen of(Node node) {
            return new Seen(isReady(node), isOutOfService(node));
        }

        private static boolean isReady(Node node) {
            return node.getStatus() != null
                    && node.getStatus().getConditions() != null
                    && node.getStatus().getConditions().stream()
                            .anyMatch(condition ->
                                    condition.getType().equals("Ready")
                                            && condition.getStatus().equals("True"));
        }

        private static boolean isOutOfService(Node node) {
            return node.getSpec() != null
                    && node.getSpec().getTaints() != null
                    && node.getSpec().getTaints().stream()
                            .anyMatch(taint -> taint.getKey().equals(TAINT));
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
