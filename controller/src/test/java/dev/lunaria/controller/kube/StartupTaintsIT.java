package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.registry.Kind;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that begins with the startup taint loses it when its plugin is there, and not before. */
final class StartupTaintsIT {

    private static final String NODE = KubeFixture.NODE;
    private static final Taint OTHER =
            new TaintBuilder().withKey("disks").withEffect("NoSchedule").build();

    private final KubeFixture here = new KubeFixture();
    private final StartupTaints taints =
            new StartupTaints(
                    () ->
                            here.client.nodes().list().getItems().stream()
                                    .collect(
                                            Collectors.toMap(
                                                    node -> node.getMetadata().getName(),
                                                    ClusterNodes.Seen::of)),
                    here.nodes,
                    here.registry,
                    new NodePlugins(here.client)::nodes);

    @BeforeEach
    void addNode() {
        here.addNode(NODE);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private void taint(String effect) {
        here.client
                .nodes()
                .withName(NODE)
                .edit(node ->
                        new NodeBuilder(node)
                                .editOrNewSpec()
                                .withTaints(
                                        new TaintBuilder()
                                                .withKey("lunaria.dev/agent-not-ready")
                                                .withEffect(effect)
                                                .build(),
                                        OTHER)
                                .endSpec()
                                .build());
    }

    private long count() {
        return ClusterNodes.Seen.taints(here.client.nodes().withName(NODE).require()).size();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NoSchedule", "NoExecute", "PreferNoSchedule"})
    void itGoesWhenTheNodeIsRegisteredAndItsKubeletKnowsThePlugin(String effect) {
        taint(effect);
        taints.round();

        assertThat(ClusterNodes.Seen.taints(here.client.nodes().withName(NODE).require()))
                .containsExactly(OTHER);
    }

    @Test
    void itStaysWhileKubeletDoesntKnowThePlugin() {
        here.client.storage().v1().csiNodes().withName(NODE).delete();
        taint("NoExecute");
        taints.round();

        assertThat(count()).isEqualTo(2);
    }

    @Test
    void itStaysWhileTheNodeIsNotRegistered() {
        here.registry
                .get(Kind.LUNARIA_NODE, NODE)
                .ifPresent(node -> here.registry.delete(Kind.LUNARIA_NODE, node));
        taint("NoSchedule");
        taints.round();

        assertThat(count()).isEqualTo(2);
    }
}
