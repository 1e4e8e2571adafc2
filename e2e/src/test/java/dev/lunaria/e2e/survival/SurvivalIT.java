package dev.lunaria.e2e.survival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.deaths.PodWriter;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Programs are killed under a pod that writes; the pod goes on, and every byte that it fsynced is
 * there.
 */
class SurvivalIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String POD = "pod";

    private static InstallationUnderTest underTest;
    private static Installation installation;
    private static Orchestrator orchestrator;
    private static NodeHost host;

    @BeforeAll
    static void install() throws Exception {
        underTest = InstallationUnderTest.start("survival-it");
        installation = underTest.installation();
        orchestrator = new Orchestrator(installation);
        host = installation.addHost("mybox0");
        // As an orchestrator does before it publishes anything to a node: it waits for the
        // registration.
        assertThat(orchestrator.nodeId(host)).isEqualTo("mybox0");
    }

    @AfterAll
    static void remove() throws Exception {
        if (underTest != null) {
            underTest.remove();
        }
    }

    @Test
    void the_target_servers_sigkill_and_restart_is_a_pause_for_the_pod() throws Exception {
        Volume volume = orchestrator.create("target-killed", 1L << 30);
        Path file = startPod(volume).resolve("records");
        PodWriter writer = PodWriter.start(file);
        writer.awaitMore(20, PATIENCE);

        installation.targetServer().kill();
        installation.restart();
        writer.awaitMore(20, PATIENCE);

        assertThat(writer.stop()).isNull();
        PodWriter.verify(file, writer.synced());
        System.err.println("longest pause of the pod: " + writer.longestPause().toMillis() + " ms");
        stopPod(volume);
        // csi-driver-lvm#140 is about mounts; here the bytes, read through a new session.
        Path again = startPod(volume).resolve("records");
        PodWriter.verify(again, writer.synced());
        removePod(volume);
    }

    @Test
    void the_node_plugins_sigkill_does_not_touch_the_pod() throws Exception {
        Volume volume = orchestrator.create("plugin-killed", 1L << 30);
        Path file = startPod(volume).resolve("records");
        PodWriter writer = PodWriter.start(file);
        writer.awaitMore(20, PATIENCE);

        host.plugin().kill();
        writer.awaitMore(20, PATIENCE);
        host.restart();
        writer.awaitMore(20, PATIENCE);

        assertThat(writer.stop()).isNull();
        PodWriter.verify(file, writer.synced());
        removePod(volume);
    }

    @Test
    void the_controllers_sigkill_loses_no_volume_and_no_grant() throws Exception {
        Volume volume = orchestrator.create("controller-killed", 1L << 30);
        installation.controller().kill();
        installation.restart();

        assertThat(orchestrator.create("controller-killed", 1L << 30)).isEqualTo(volume);
        Map<String, String> context = orchestrator.controllerPublish(volume, host);
        installation.controller().kill();
        installation.restart();

        assertThat(orchestrator.controllerPublish(volume, host)).isEqualTo(context);
        orchestrator.controllerUnpublish(volume, host);
        orchestrator.delete(volume);
    }

    @Test
    void fio_verifies_what_it_wrote_on_the_mounted_volume() throws Exception {
        Requirements.tool("fio");
        Volume volume = orchestrator.create("fio", 1L << 30);
        Path pod = startPod(volume);

        Process fio =
                new ProcessBuilder(
                                "fio",
                                "--name=verify",
                                "--directory=" + pod,
                                "--rw=randwrite",
                                "--bsrange=4k-256k",
                                "--size=64m",
                                "--direct=1",
                                "--ioengine=libaio",
                                "--iodepth=16",
                                "--verify=crc32c",
                                "--do_verify=1",
                                "--verify_state_save=0",
                                "--fsync=64")
                        .redirectErrorStream(true)
                        .start();
        String out = new String(fio.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(fio.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(fio.exitValue()).as(out).isZero();
        removePod(volume);
    }

    private static Path startPod(Volume volume) throws Exception {
        Map<String, String> context = orchestrator.controllerPublish(volume, host);
        orchestrator.stage(volume, host, context);
        return orchestrator.publish(volume, host, context, POD + volume.getVolumeId().hashCode());
    }

    private static void stopPod(Volume volume) {
        orchestrator.unpublish(volume, host, POD + volume.getVolumeId().hashCode());
        orchestrator.unstage(volume, host);
        orchestrator.controllerUnpublish(volume, host);
    }

    private static void removePod(Volume volume) {
        stopPod(volume);
        orchestrator.delete(volume);
    }
}
