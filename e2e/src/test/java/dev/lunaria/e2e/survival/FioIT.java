package dev.lunaria.e2e.survival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What others write and compare, on a volume that is mounted as a pod has it. */
class FioIT {
    private static final String POD = "pod";

    private static InstallationUnderTest underTest;
    private static Installation installation;
    private static Orchestrator orchestrator;
    private static NodeHost host;

    @BeforeAll
    static void install() throws Exception {
        underTest = InstallationUnderTest.start("fio-it");
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
