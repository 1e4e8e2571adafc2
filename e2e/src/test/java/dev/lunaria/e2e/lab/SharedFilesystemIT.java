package dev.lunaria.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode;
import dev.lunaria.proto.csi.v1.VolumeCapability.MountVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * One filesystem, two hosts, no package on either: OCFS2 whose membership Lunaria keeps. One volume
 * lives through all of it, in order.
 */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SharedFilesystemIT {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String ONE = "host1";
    private static final String OTHER = "host2";
    private static final long BYTES = 1L << 30;
    private static final String POD = "pod";

    /** An OCFS2 filesystem for several nodes at once: ReadWriteMany. */
    private static final VolumeCapability SHARED =
            VolumeCapability.newBuilder()
                    .setMount(MountVolume.newBuilder().setFsType("ocfs2"))
                    .setAccessMode(
                            AccessMode.newBuilder()
                                    .setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
                    .build();

    private Lab lab;
    private LabInstallation installation;
    private Path root;
    private LabNode one;
    private LabNode other;
    private Orchestrator orchestrator;
    private Volume volume;
    // Where pods have it: known once both nodes use it.
    private Path onOne = Path.of("");
    private Path onOther = Path.of("");

    @BeforeAll
    void boots() throws Exception {
        lab = LabRequirements.lab("shared-filesystem", "640M", ONE, OTHER);
        root = Files.createTempDirectory(Path.of("/var/tmp"), "lunaria-shared-");
        installation = LabInstallation.start(lab, Requirements.programs(), root);
        one = installation.addNode(ONE, "--shared-filesystems=on", "--shared-outage=30");
        other = installation.addNode(OTHER, "--shared-filesystems=on", "--shared-outage=30");
        orchestrator = installation.orchestrator().using(SHARED);
        volume = Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> orchestrator.create("shared", BYTES));
    }

    @AfterAll
    void ends() throws IOException {
        if (installation != null) {
            installation.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    private Path use(LabNode node) throws Exception {
        // Kubelet asks this before all else; it is answered once the node is registered.
        var _ = Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> orchestrator.nodeId(node));
        Map<String, String> context =
                Repetition.OF_AN_ORCHESTRATOR.untilOk(
                        () -> orchestrator.controllerPublish(volume, node));
        // As kubelet does, also where somebody must change something first.
        Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> {
            orchestrator.stage(volume, node, context);
            return true;
        });
        return Repetition.OF_AN_ORCHESTRATOR.untilOk(
                () -> orchestrator.publish(volume, node, context, POD));
    }

    private String run(String host, String line) throws Exception {
        return lab.run(host, PATIENCE, line).orFail();
    }

    /** Two nodes stage a new volume at the same moment: one formats it, the other waits. */
    @Test
    @Order(1)
    void twoHostsComeAtOnceAndOneFormats() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Path> first = threads.submit((Callable<Path>) () -> use(one));
            Future<Path> second = threads.submit((Callable<Path>) () -> use(other));
            onOne = first.get();
            onOther = second.get();
        }
        assertThat((one.log() + other.log()).split("\\bformatted\\b", -1)).hasSize(2);
        assertThat(run(ONE, "grep -c ' ocfs2 ' /proc/mounts")).isNotEqualTo("0\n");
    }

    @Test
    @Order(2)
    void aFileOfOneIsListedOnTheOther() throws Exception {
        run(OTHER, "echo from the other > " + onOther.resolve("theirs"));
        assertThat(run(ONE, "cat " + onOne.resolve("theirs"))).isEqualTo("from the other\n");
        run(ONE, "echo from one > " + onOne.resolve("ours"));
        assertThat(run(OTHER, "ls " + onOther)).contains("ours", "theirs");
    }

    /** flock is kept across nodes: a counter that both raise loses nothing. */
    @Test
    @Order(3)
    void bothWriteAtOnceAndCountersAddUp() throws Exception {
        int each = 25;
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<String> first = threads.submit((Callable<String>) () -> count(ONE, onOne, each));
            Future<String> second =
                    threads.submit((Callable<String>) () -> count(OTHER, onOther, each));
            first.get();
            second.get();
        }
        assertThat(run(ONE, "cat " + onOne.resolve("counter"))).isEqualTo(2 * each + "\n");
    }

    private String count(String host, Path folder, int times) throws Exception {
        return run(
                host,
                """
                cd %s; touch counter
                for i in $(seq %d); do
                  flock counter sh -c 'n=$(cat counter); echo $((${n:-0} + 1)) > counter'
                  echo $i >> only-$(hostname)
                done
                """
                        .formatted(folder, times));
    }

    /** The survivor replays the journal of the dead one and goes on. */
    @Test
    @Order(4)
    void oneLosesPowerAndTheOtherGoesOn() throws Exception {
        run(OTHER, "cd %s; echo flushed > flushed; sync; sync -f flushed".formatted(onOther));
        lab.kill(OTHER);
        fence(other);

        run(ONE, "cd %s; echo on > after; sync -f after; cat flushed".formatted(onOne));
        assertThat(run(ONE, "cat " + onOne.resolve("flushed"))).isEqualTo("flushed\n");
        assertThat(lab.kernelLog(ONE)).contains("End replay journal");
    }

    /** It comes back under its number and mounts again. */
    @Test
    @Order(5)
    void theOneThatDiedComesBack() throws Exception {
        lab.start(OTHER);
        installation.restart(other);

        onOther = use(other);
        assertThat(run(OTHER, "cat " + onOther.resolve("after"))).isEqualTo("on\n");
    }

    /** Heartbeats end before the disks do: nothing is left, and nobody is reset. */
    @Test
    @Order(6)
    void unstagedEverywhereNothingIsLeft() throws Exception {
        for (LabNode node : new LabNode[] {other, one}) {
            Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> {
                orchestrator.unpublish(volume, node, POD);
                orchestrator.unstage(volume, node);
                return true;
            });
            fence(node);
            assertThat(
                            lab.plugin(
                                            node.name(),
                                            PATIENCE,
                                            "find /sys/kernel/config/cluster/*/heartbeat -mindepth 1 -type d")
                                    .output())
                    .isEmpty();
            assertThat(run(node.name(), "grep -c ' ocfs2 ' /proc/mounts || true")).isEqualTo("0\n");
        }
        Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> {
            orchestrator.delete(volume);
            return true;
        });
    }

    private void fence(LabNode node) throws Exception {
        Repetition.OF_AN_ORCHESTRATOR.untilOk(() -> {
            orchestrator.controllerUnpublish(volume, node);
            return true;
        });
    }
}
