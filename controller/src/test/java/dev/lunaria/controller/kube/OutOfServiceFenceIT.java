package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.MemoryPool;
import dev.lunaria.controller.volume.NodeFence;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.VolumeId;
import io.fabric8.kubernetes.api.model.Event;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A node that is tainted as out of service loses its volumes, and gets none until the taint is gone
 * (kubernetes.io, "Non-graceful node shutdown").
 */
final class OutOfServiceFenceIT {

    private final KubeFixture here = new KubeFixture();
    private final OutOfServiceFence fence = fence(this::nodes);

    private OutOfServiceFence fence(Supplier<Map<String, ClusterNodes.Seen>> watched) {
        return new OutOfServiceFence(
                watched,
                here.nodes,
                new NodeFence(here.registry, here.targets, MemoryTargets.CLUSTER),
                here.events);
    }

    private Map<String, ClusterNodes.Seen> nodes() {
        return here.client.nodes().list().getItems().stream()
                .collect(
                        Collectors.toMap(
                                node -> node.getMetadata().getName(), ClusterNodes.Seen::of));
    }

    @AfterEach
    void close() {
        here.close();
    }

    private Grant.State grant(MemoryPool pool, VolumeId id) {
        return Objects.requireNonNull(pool.luns().get(id.lun()))
                .grantOf(KubeFixture.NODE)
                .orElseThrow()
                .state();
    }

    /** A volume that the node has. */
    private VolumeId published() {
        here.addNode(KubeFixture.NODE);
        VolumeId id = here.create("pvc-1");
        here.publish(id);
        return id;
    }

    private void taint() {
        here.taint(KubeFixture.NODE);
    }

    @Test
    void aTaintedNodeIsFencedAtEveryTargetAndPublishesToItAreRefused() throws Exception {
        MemoryPool pool = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        VolumeId first = here.create("pvc-1");
        VolumeId second = here.create("pvc-2");
        here.publish(first);
        here.publish(second);
        fence.round();
        assertThat(grant(pool, first)).isEqualTo(Grant.State.ACTIVE);

        taint();
        fence.round();
        assertThat(grant(pool, first)).isEqualTo(Grant.State.REVOKED);
        assertThat(grant(pool, second)).isEqualTo(Grant.State.REVOKED);
        assertThat(here.told())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("Fenced");
                    assertThat(event.getInvolvedObject().getKind()).isEqualTo("Node");
                });
        assertThatThrownBy(() -> here.publish(first))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("out of service")
                .hasMessageContaining(ClusterNodes.TAINT);

        here.removeTaint(KubeFixture.NODE);
        here.publish(first);
        assertThat(grant(pool, first)).isEqualTo(Grant.State.ACTIVE);
    }

    @Test
    void aTargetThatIsAwayIsFencedWhenItIsBackAndKeepsNoOtherWaiting() throws Exception {
        MemoryPool there = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        VolumeId first = here.create("pvc-1");
        here.publish(first);
        here.targets.takeAway(first.pool());
        MemoryPool other = here.targets.add("b");
        VolumeId second = here.create("pvc-2");
        here.publish(second);
        taint();

        fence.round();
        assertThat(grant(other, second)).isEqualTo(Grant.State.REVOKED);
        assertThat(grant(there, first)).isEqualTo(Grant.State.ACTIVE);
        here.targets.bringBack(first.pool());
        fence.round();
        assertThat(grant(there, first)).isEqualTo(Grant.State.REVOKED);
    }

    /** A publish that was under way when the node was tainted is undone by the next round. */
    @Test
    void aGrantThatCameLateIsRevokedToo() throws Exception {
        MemoryPool pool = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        VolumeId id = here.create("pvc-1");
        taint();
        fence.round();
        here.removeTaint(KubeFixture.NODE);
        here.publish(id);
        here.taint(KubeFixture.NODE);

        fence.round();
        assertThat(grant(pool, id)).isEqualTo(Grant.State.REVOKED);
    }

    /** The watch may be behind; what is done is decided by what is so now. */
    @Test
    void aNodeWhoseTaintIsGoneKeepsItsVolumes() throws Exception {
        MemoryPool pool = here.targets.add("a");
        VolumeId id = published();
        taint();
        Map<String, ClusterNodes.Seen> before = nodes();
        here.removeTaint(KubeFixture.NODE);

        fence(() -> before).round();
        assertThat(grant(pool, id)).isEqualTo(Grant.State.ACTIVE);
        assertThat(here.told()).extracting(Event::getReason).doesNotContain("Fenced");
    }

    @Test
    void otherNodesKeepTheirVolumes() throws Exception {
        MemoryPool pool = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        here.addNode("other");
        VolumeId id = here.create("pvc-1");
        var _ = here.volumes.publish(new PublishRequest(id, "other", false, true));
        taint();

        fence.round();
        assertThat(Objects.requireNonNull(pool.luns().get(id.lun())).publishedNodes())
                .containsExactly("other");
    }

    private List<String> listed(VolumeId id) {
        return here.volumes.get(id).publishedNodes();
    }

    private void look() throws Exception {
        new BackInService(here.nodes, here.targets)
                .round(Survey.take(here.registry, here.targets, MemoryTargets.CLUSTER));
    }

    /** Else the attacher would publish to it again, within a minute (decision 037). */
    @Test
    void aFencedNodeIsListedUntilTheOrchestratorLetsGoOfIt() throws Exception {
        var _ = here.targets.add("a");
        VolumeId id = published();
        taint();
        fence.round();
        fence.round();
        look();
        assertThat(listed(id)).containsExactly(KubeFixture.NODE);

        here.volumes.unpublish(id, Optional.of(KubeFixture.NODE));
        fence.round();
        assertThat(listed(id)).isEmpty();
    }

    /** Nobody can reach it any more. */
    @Test
    void aVolumeOfWhichOnlyFencedNodesAreListedMayBeDeleted() throws Exception {
        var _ = here.targets.add("a");
        VolumeId id = published();
        taint();
        fence.round();

        here.volumes.delete(id);
        assertThatThrownBy(() -> here.volumes.get(id)).isInstanceOf(Failure.class);
    }

    /** Its attachment is still there, and only what isn't listed is published again. */
    @Test
    void aNodeThatIsBackIsLetGo() throws Exception {
        MemoryPool pool = here.targets.add("a");
        VolumeId id = published();
        taint();
        fence.round();
        here.removeTaint(KubeFixture.NODE);
        look();
        assertThat(listed(id)).isEmpty();

        here.publish(id);
        assertThat(grant(pool, id)).isEqualTo(Grant.State.ACTIVE);
        look();
        assertThat(grant(pool, id)).isEqualTo(Grant.State.ACTIVE);
    }
}
