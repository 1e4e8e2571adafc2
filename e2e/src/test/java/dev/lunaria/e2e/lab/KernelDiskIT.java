package dev.lunaria.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks of the kernel's initiator on hosts without an initiator of their own, under an ext4 with a
 * writer that fsyncs and compares each byte; and what must survive. Each test has a volume of its
 * own.
 */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class KernelDiskIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration AWAY = Duration.ofSeconds(30);
    private static final long BYTES = 512L << 20;
    private static final String ONE = "host1";
    private static final String OTHER = "host2";

    private Lab lab;
    private LabInstallation installation;
    private LabNode node;
    private Orchestrator calls;
    private Path programs;

    @BeforeAll
    void boots(@TempDir(cleanup = CleanupMode.ALWAYS) Path folder) throws Exception {
        Requirements.tool("socat");
        Distribution distribution = Requirements.programs();
        lab = LabRequirements.lab("of-kernel-disk-it", "768M", ONE, OTHER);
        programs = distribution.project().resolve("e2e/target/classes");
        installation = LabInstallation.start(lab, distribution, folder);
        node = installation.addNode(ONE, "--attach-backend", "auto");
        calls = installation.orchestrator();
    }

    /** What a test that failed has left down. */
    @BeforeEach
    void restartsTheTarget() throws Exception {
        installation.installation().restart();
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

    /** A volume in use by a pod. */
    private record InUse(Volume volume, Map<String, String> context, Path pod) {}

    private InUse use(String name) throws IOException, InterruptedException {
        return use(again(() -> calls.create(name, BYTES)), node);
    }

    private InUse use(Volume volume, LabNode on) throws IOException, InterruptedException {
        // Kubelet asks this before all else; it is answered once the node is registered.
        var _ = again(() -> calls.nodeId(on));
        Map<String, String> context = again(() -> calls.controllerPublish(volume, on));
        stage(volume, on, context);
        return new InUse(volume, context, again(() -> calls.publish(volume, on, context, "pod")));
    }

    /** As an orchestrator does on a machine with much other work. */
    private static <T, E extends Exception> T again(Repetition.Call<T, E> call)
            throws E, InterruptedException {
        return Repetition.OF_AN_ORCHESTRATOR.untilOk(call);
    }

    private static void repeat(Runnable call) throws InterruptedException {
        Repetition.Call<Boolean, RuntimeException> made =
                () -> {
                    call.run();
                    return true;
                };
        var _ = again(made);
    }

    private void stage(Volume volume, LabNode on, Map<String, String> context)
            throws IOException, InterruptedException {
        Repetition.Call<Boolean, IOException> call =
                () -> {
                    calls.stage(volume, on, context);
                    return true;
                };
        var _ = again(call);
    }

    private void end(Volume volume, LabNode on) throws InterruptedException {
        repeat(() -> calls.unpublish(volume, on, "pod"));
        repeat(() -> calls.unstage(volume, on));
    }

    private void release(InUse used) throws InterruptedException {
        release(used, node);
    }

    private void release(InUse used, LabNode on) throws InterruptedException {
        end(used.volume(), on);
        repeat(() -> calls.controllerUnpublish(used.volume(), on));
        repeat(() -> calls.delete(used.volume()));
    }

    private RemoteWriter writer(InUse used) throws IOException, InterruptedException {
        return RemoteWriter.start(lab, ONE, programs, used.pod().resolve("records"));
    }

    private String onHost(String line) throws IOException, InterruptedException {
        return lab.run(ONE, PATIENCE, line).output();
    }

    @Test
    @Order(1)
    void aVolumeIsADiskOfTheKernelAndNothingIsLeftOfIt() throws Exception {
        InUse used = use("attach");

        assertThat(onHost("grep " + used.pod() + " /proc/mounts")).startsWith("/dev/sd");
        assertThat(onHost("cat /sys/class/iscsi_session/session*/ifacename"))
                .isEqualTo("lunaria-1\n");
        // traps: an iscsid that starts later takes all sessions that user space has made.
        assertThat(onHost("cat /sys/class/iscsi_session/session*/creator")).isEqualTo("-1\n");
        assertThat(node.log()).contains("\"backend\":\"kernel\"");
        writer(used).stopAndVerify();
        release(used);
        assertThat(onHost("ls /sys/class/iscsi_session /sys/class/iscsi_host")).doesNotContain("0");
        assertThat(onHost("ls /sys/block | grep sd")).isEmpty();
    }

    @Test
    @Order(2)
    void theTargetKilledFor30SecondsIsAPause() throws Exception {
        InUse used = use("target-killed");
        RemoteWriter writer = writer(used);
        writer.awaitMore(20, PATIENCE);

        installation.installation().targetServer().kill();
        TimeUnit.MILLISECONDS.sleep(AWAY.toMillis());
        installation.installation().restart();

        writer.awaitMore(20, PATIENCE);
        RemoteWriter.State state = writer.stopAndVerify();
        assertThat(state.longestMillis()).isGreaterThan(AWAY.toMillis() / 2);
        release(used);
    }

    @Test
    @Order(3)
    void thePluginsDeathIsNotNoticedAndItsSuccessorTakesOver() throws Exception {
        InUse used = use("plugin-killed");
        RemoteWriter writer = writer(used);

        node.killPlugin();
        writer.awaitMore(20, PATIENCE);
        node.startPlugin();

        assertThat(node.log()).contains("taken over");
        // It recovers what it has taken over, and tears it down.
        installation.installation().targetServer().kill();
        installation.installation().restart();
        writer.awaitMore(20, PATIENCE);
        writer.stopAndVerify();
        release(used);
        assertThat(onHost("ls /sys/class/iscsi_session")).isEmpty();
    }

    @Test
    @Order(4)
    void aTargetThatGoesWhileThePluginIsAwayIsFoundByItsSuccessor() throws Exception {
        InUse used = use("both-killed");
        RemoteWriter writer = writer(used);

        node.killPlugin();
        installation.installation().targetServer().kill();
        TimeUnit.SECONDS.sleep(5);
        installation.installation().restart();
        node.startPlugin();

        writer.awaitMore(20, PATIENCE);
        writer.stopAndVerify();
        release(used);
    }

    @Test
    @Order(5)
    void aCutCableIsAPause() throws Exception {
        InUse used = use("cable");
        RemoteWriter writer = writer(used);

        lab.cut(ONE);
        TimeUnit.SECONDS.sleep(20);
        lab.join(ONE);

        writer.awaitMore(20, PATIENCE);
        writer.stopAndVerify();
        release(used);
    }

    @Test
    @Order(6)
    void aFenceEndsIoAtOnceAndUnmountingReturns() throws Exception {
        InUse used = use("fence");
        RemoteWriter writer = writer(used);

        repeat(() -> calls.controllerUnpublish(used.volume(), node));

        RemoteWriter.State state = writer.awaitFailure(PATIENCE);
        assertThat(state.end()).contains("Input/output error");
        // traps: a session that was refused for good must not keep umount waiting.
        end(used.volume(), node);
        assertThat(onHost("ls /sys/class/iscsi_session")).isEmpty();
        // What was fsynced before is there under the next grant.
        InUse again = use(used.volume(), node);
        writer.verify(ONE, again.pod().resolve("records"), state.fsynced());
        release(again);
    }

    @Test
    @Order(7)
    void aLunGrowsWhileItIsWritten() throws Exception {
        InUse used = use("growth");
        RemoteWriter writer = writer(used);

        repeat(() -> calls.controllerExpand(used.volume(), 2 * BYTES));
        repeat(() -> calls.nodeExpand(used.volume(), node, "pod", 2 * BYTES));

        writer.awaitMore(20, PATIENCE);
        assertThat(
                        Long.parseLong(
                                onHost("df -B1 --output=size " + used.pod() + " | tail -1")
                                        .strip()))
                .isGreaterThan(BYTES * 3 / 2);
        writer.stopAndVerify();
        release(used);
    }

    @Test
    @Order(8)
    void anotherLunBehindTheSameNumberIsRefusedAndNotWritten() throws Exception {
        Volume volume = again(() -> calls.create("identity", BYTES));
        Map<String, String> context =
                new HashMap<>(again(() -> calls.controllerPublish(volume, node)));
        context.put("identity", UUID.randomUUID().toString());

        assertThatThrownBy(() -> calls.stage(volume, node, context))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                            assertThat(e.getStatus().getCode())
                                    .isEqualTo(Status.Code.FAILED_PRECONDITION);
                            assertThat(e.getMessage()).contains("another logical unit");
                        });

        assertThat(onHost("ls /sys/class/iscsi_session; ls /sys/block | grep sd")).isEmpty();
        Path data =
                installation
                        .installation()
                        .layout()
                        .pool()
                        .resolve("luns")
                        .resolve(volume.getVolumeId().split("/", 2)[1]);
        assertThat(Files.readString(data.resolve("format.json"))).contains("BLANK");
        repeat(() -> calls.controllerUnpublish(volume, node));
        repeat(() -> calls.delete(volume));
    }

    @Test
    @Order(9)
    void beyondTheReplacementTimeoutIoFailsAndTheVolumeCanBeStagedAgain() throws Exception {
        node.killPlugin();
        node.startPlugin("--replacement-seconds", "10");
        InUse used = use("replacement");
        RemoteWriter writer = writer(used);

        lab.cut(ONE);
        RemoteWriter.State state = writer.awaitFailure(PATIENCE);
        lab.join(ONE);

        assertThat(state.end()).contains("error");
        repeat(() -> calls.unpublish(used.volume(), node, "pod"));
        // Lost writes are said once, when the disk goes.
        assertThatThrownBy(() -> repeat(() -> calls.unstage(used.volume(), node)))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getMessage()).contains("writes are lost"));
        repeat(() -> calls.unstage(used.volume(), node));
        stage(used.volume(), node, used.context());
        Path pod = again(() -> calls.publish(used.volume(), node, used.context(), "pod"));
        writer.verify(ONE, pod.resolve("records"), state.fsynced());
        release(used);
    }

    @Test
    @Order(10)
    void afterAPowerFailureTheOtherHostHasEachFlushedByteAndTheFirstCantWrite() throws Exception {
        LabNode other = installation.addNode(OTHER);
        InUse used = use("power");
        RemoteWriter writer = writer(used);
        writer.awaitMore(20, PATIENCE);
        long fsynced = writer.state().fsynced();

        lab.kill(ONE);
        repeat(() -> calls.controllerUnpublish(used.volume(), node));
        InUse there = use(used.volume(), other);

        writer.verify(OTHER, there.pod().resolve("records"), fsynced);
        lab.start(ONE);
        installation.restart(node);
        assertThatThrownBy(() -> calls.stage(used.volume(), node, used.context()))
                .isInstanceOf(StatusRuntimeException.class);
        release(there, other);
    }
}
