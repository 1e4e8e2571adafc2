package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where nodes are, their labels say: node plugins have no rights to read them. */
final class ClusterNodesIT {

    private final MockCluster cluster = new MockCluster();
    private final ClusterNodes nodes = new ClusterNodes(cluster.client());

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void ofANodesLabelsThoseAskedForAreTold() {
        var _ =
                cluster.client()
                        .resource(
                                new NodeBuilder()
                                        .withNewMetadata()
                                        .withName("mybox0")
                                        .withLabels(Map.of("zone", "a", "other", "b"))
                                        .endMetadata()
                                        .build())
                        .create();
        assertThat(nodes.labels("mybox0", Set.of("zone", "rack"))).isEqualTo(Map.of("zone", "a"));
    }

    @Test
    void aNodeThatIsNotThereOrHasNoneIsNowhere() {
        var _ =
                cluster.client()
                        .resource(
                                new NodeBuilder()
                                        .withNewMetadata()
                                        .withName("plain")
                                        .endMetadata()
                                        .build())
                        .create();
        assertThat(nodes.labels("plain", Set.of("zone"))).isEmpty();
        assertThat(nodes.labels("gone", Set.of("zone"))).isEmpty();
    }
}
