package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.ClusterMember.State;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A member's number is free when its node is gone and provably can't write (traps-kubernetes 16).
 */
final class DepartedMembersIT {
    private static final ClusterMember MEMBER = new ClusterMember(7, "10.0.0.1", State.MEMBER);

    private final KubeFixture here = new KubeFixture();
    private Instant now = Instant.EPOCH;
    private final DepartedMembers departed =
            new DepartedMembers(
                    this::nodes,
                    here.nodes,
                    here.registry,
                    here.targets,
                    () -> now,
                    MemoryTargets.CLUSTER);

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

    private Document<LunariaNode> node() {
        return here.registry.get(Kind.LUNARIA_NODE, KubeFixture.NODE).orElseThrow();
    }

    private @Nullable ClusterMember member() {
        return node().spec().member();
    }

    private void join() {
        here.registry.replace(Kind.LUNARIA_NODE, node(), node().spec().as(MEMBER));
    }

    private void leave() {
        Optional.ofNullable(here.client.nodes().withName(KubeFixture.NODE).get())
                .map(Node::getMetadata)
                .ifPresent(there -> here.client.nodes().withName(there.getName()).delete());
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aNodeThatIsThereKeepsItsNumber() throws Exception {
        here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        join();

        departed.round();
        pass(DepartedMembers.REST);
        departed.round();
        assertThat(member()).isEqualTo(MEMBER);
    }

    @Test
    void theNumberOfANodeThatIsGoneIsFreeAfterItsGrantsEndedAndTheOthersGaveItUp()
            throws Exception {
        here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        VolumeId id = here.create("pvc-1");
        here.publish(id);
        join();
        leave();

        departed.round();
        assertThat(member()).isEqualTo(MEMBER.with(State.LEFT));
        departed.round();
        pass(DepartedMembers.REST);
        departed.round();
        assertThat(member()).isEqualTo(MEMBER.with(State.LEFT));

        here.volumes.unpublish(id, Optional.of(KubeFixture.NODE));
        departed.round();
        pass(DepartedMembers.REST.minusSeconds(1));
        departed.round();
        assertThat(member()).isEqualTo(MEMBER.with(State.LEFT));
        pass(Duration.ofSeconds(1));
        departed.round();
        assertThat(member()).isNull();
    }

    /** A pool that doesn't answer may have a grant. */
    @Test
    void aPoolThatIsAwayKeepsTheNumber() throws Exception {
        here.targets.add("a");
        here.addNode(KubeFixture.NODE);
        VolumeId id = here.create("pvc-1");
        join();
        leave();
        departed.round();
        here.targets.takeAway(id.pool());

        departed.round();
        pass(DepartedMembers.REST);
        departed.round();
        assertThat(member()).isEqualTo(MEMBER.with(State.LEFT));
        here.targets.bringBack(id.pool());
        departed.round();
        assertThat(member()).isEqualTo(MEMBER.with(State.LEFT));
        pass(DepartedMembers.REST);
        departed.round();
        assertThat(member()).isNull();
    }
}
