package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.MemoryPool;
import dev.lunaria.controller.volume.NodeFence;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A dead node is fenced first and tainted then (kubernetes.io, "Non-graceful node shutdown"). */
final class NodeEvictionIT {

    private static final String NODE = KubeFixture.NODE;
    private static final Taint OTHER =
            new TaintBuilder().withKey("disks").withValue("slow").withEffect("NoSchedule").build();

    private final KubeFixture here = new KubeFixture();
    private final NodeEviction eviction =
            new NodeEviction(
                    here.nodes,
                    new NodeFence(here.registry, here.targets, MemoryTargets.CLUSTER),
                    here.registry);
    private final NodeReadmission readmission = new NodeReadmission(here.nodes);

    private MemoryPool pool;
    private VolumeId volume;

    @BeforeEach
    void publish() {
        pool = here.targets.add("a");
        here.addNode(NODE);
        volume = here.create("pvc-1");
        here.publish(volume);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private void ready(String status) {
        here.client
                .nodes()
                .withName(NODE)
                .editStatus(node ->
                        new NodeBuilder(node)
                                .editOrNewStatus()
                                .editMatchingCondition(
                                        condition -> condition.getType().equals("Ready"))
                                .withStatus(status)
                                .endCondition()
                                .endStatus()
                                .build());
    }

    private void retaint(Taint... taints) {
        here.client
                .nodes()
                .withName(NODE)
                .edit(node ->
                        new NodeBuilder(node).editOrNewSpec().withTaints(taints).endSpec().build());
    }

    private List<Taint> taints() {
        return ClusterNodes.Seen.taints(here.client.nodes().withName(NODE).require());
    }

    private boolean holds(MemoryPool of, VolumeId id) {
        return Objects.requireNonNull(of.luns().get(id.lun())).publishedNodes().contains(NODE);
    }

    private Failure evictionFails() {
        return catchThrowableOfType(Failure.class, () -> eviction.evict(NODE, false));
    }

    @Test
    void aNodeThatIsNotReadyIsFencedAndTainted() throws Exception {
        ready("Unknown");
        retaint(OTHER);

        List<String> said = eviction.evict(NODE, false);
        assertThat(holds(pool, volume)).isFalse();
        assertThat(taints()).hasSize(2).contains(OTHER);
        assertThat(taints())
                .anySatisfy(taint -> {
                    assertThat(taint.getKey()).isEqualTo("node.kubernetes.io/out-of-service");
                    assertThat(taint.getValue()).isEqualTo("nodeshutdown");
                    assertThat(taint.getEffect()).isEqualTo("NoExecute");
                });
        assertThat(said)
                .anySatisfy(line -> assertThat(line).contains("1 volumes"))
                .anySatisfy(line -> assertThat(line).contains("readmit-node " + NODE));
    }

    @Test
    void againItSaysThatNothingWasLeftToDo() throws Exception {
        ready("False");
        var _ = eviction.evict(NODE, false);
        List<Taint> before = taints();

        assertThat(eviction.evict(NODE, false))
                .anySatisfy(line -> assertThat(line).contains("holds no volume"))
                .anySatisfy(line -> assertThat(line).contains("already"));
        assertThat(taints()).isEqualTo(before);
    }

    @Test
    void aNodeThatIsReadyKeepsItsVolumes() {
        Failure failure = evictionFails();

        assertThat(failure.reason()).isEqualTo(Failure.Reason.IN_USE);
        assertThat(failure).hasMessageContaining("drain").hasMessageContaining("--force");
        assertThat(holds(pool, volume)).isTrue();
        assertThat(taints()).isEmpty();
    }

    @Test
    void unlessItIsForced() throws Exception {
        assertThat(eviction.evict(NODE, true))
                .anySatisfy(line -> assertThat(line).contains("Ready"));

        assertThat(holds(pool, volume)).isFalse();
        assertThat(taints()).hasSize(1);
    }

    /** Pods that start elsewhere would meet a node that still writes. */
    @Test
    void aNodeThatIsNotFencedEverywhereIsNotTainted() throws Exception {
        ready("Unknown");
        here.targets.takeAway(volume.pool());
        MemoryPool other = here.targets.add("b");
        VolumeId second = here.create("pvc-2");
        here.publish(second);

        Failure failure = evictionFails();
        assertThat(failure.reason()).isEqualTo(Failure.Reason.UNAVAILABLE);
        assertThat(failure)
                .hasMessageContaining("StorageTarget \"a\"")
                .hasMessageContaining("Repeat")
                .hasMessageContaining("retired");
        assertThat(holds(other, second)).isFalse();
        assertThat(taints()).isEmpty();

        here.targets.bringBack(volume.pool());
        var _ = eviction.evict(NODE, false);
        assertThat(holds(pool, volume)).isFalse();
        assertThat(taints()).hasSize(1);
    }

    @Test
    void aPoolThatIsGoneForGoodIsNotWaitedFor() throws Exception {
        ready("Unknown");
        Document<StorageTarget> target = here.registry.get(Kind.STORAGE_TARGET, "a").orElseThrow();
        here.targets.takeAway(volume.pool());
        here.registry.replace(
                Kind.STORAGE_TARGET, target, MemoryTargets.target(volume.pool(), true));

        var _ = eviction.evict(NODE, false);
        assertThat(taints()).hasSize(1);
    }

    @Test
    void aNodeThatKubernetesHasNoMoreIsFencedAlone() throws Exception {
        here.client.nodes().withName(NODE).delete();

        assertThat(eviction.evict(NODE, false))
                .anySatisfy(line -> assertThat(line).contains("pods are gone"));
        assertThat(holds(pool, volume)).isFalse();
    }

    @Test
    void aNameThatNobodyKnowsIsSaidSo() {
        var failure = catchThrowableOfType(Failure.class, () -> eviction.evict("mybox9", false));

        assertThat(failure.reason()).isEqualTo(Failure.Reason.NOT_FOUND);
        assertThat(failure).hasMessageContaining("mybox9");
    }

    @Test
    void onceRestartedItIsTakenBack() throws Exception {
        ready("Unknown");
        retaint(OTHER);
        var _ = eviction.evict(NODE, false);
        var refused = catchThrowableOfType(Failure.class, () -> readmission.readmit(NODE, false));
        assertThat(refused).hasMessageContaining("restart it first");
        assertThat(taints()).hasSize(2);

        ready("True");
        assertThat(readmission.readmit(NODE, false)).singleElement().asString().contains("removed");
        assertThat(taints()).containsExactly(OTHER);
        here.publish(volume);
        assertThat(holds(pool, volume)).isTrue();
        assertThat(readmission.readmit(NODE, false))
                .singleElement()
                .asString()
                .contains("nothing was done");
    }

    @Test
    void itMayBeTakenBackByForce() throws Exception {
        ready("Unknown");
        var _ = eviction.evict(NODE, false);

        var _ = readmission.readmit(NODE, true);
        assertThat(taints()).isEmpty();
    }

    /** kubelet and the cloud's controllers write to nodes, too. */
    @Test
    void aTaintThatSomebodyElseSetMeanwhileStays() {
        var first = new boolean[] {true};

        boolean changed =
                here.nodes.retaint(
                        NODE,
                        before -> {
                            if (first[0]) {
                                first[0] = false;
                                retaint(OTHER);
                            }
                            var more = new ArrayList<>(before);
                            more.add(new TaintBuilder(OTHER).withKey("ours").build());
                            return more;
                        });
        assertThat(changed).isTrue();
        assertThat(taints()).extracting(Taint::getKey).containsExactly("disks", "ours");
    }
}
