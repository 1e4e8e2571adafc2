package dev.lunaria.e2e.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.e2e.deaths.PodWriter;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.quickstart.PodFiles;
import dev.lunaria.linux.Errno;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The target server's disk fails under one volume, with real errors of real system calls: the pod
 * hears them, the pod beside it goes on, and when the disk is well again what was fsynced is there.
 */
@Tag("long")
class FailingStoreIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long BYTES = 64L << 20;
    private static final int ATTEMPTS = 5;

    private InstallationUnderTest underTest;
    private Orchestrator orchestrator;
    private NodeHost host;
    private FaultyFile disk;
    private Volume failing;
    private Volume neighbour;

    @BeforeEach
    void install() throws Exception {
        underTest = InstallationUnderTest.start("failing-it");
        orchestrator = new Orchestrator(underTest.installation());
        host = underTest.installation().addHost("mybox0");
        assertThat(orchestrator.nodeId(host)).isEqualTo("mybox0");
        failing = orchestrator.create("failing", BYTES);
        neighbour = orchestrator.create("neighbour", BYTES);
        disk =
                FaultyFile.over(
                        new LunView(underTest.installation(), failing).file(),
                        underTest.installation().layout().root().resolve("failing-bytes"));
    }

    @AfterEach
    void remove() throws Exception {
        if (underTest != null) {
            underTest.remove();
        }
        if (disk != null) {
            disk.close();
        }
    }

    private Path start(Volume volume) throws Exception {
        Map<String, String> context = orchestrator.controllerPublish(volume, host);
        orchestrator.stage(volume, host, context);
        return orchestrator.publish(volume, host, context, pod(volume));
    }

    private void stop(Volume volume) {
        orchestrator.unpublish(volume, host, pod(volume));
        unstage(volume);
        orchestrator.controllerUnpublish(volume, host);
    }

    /** As operations/lost-target.md has it: it may fail once, because the last flush does. */
    private void unstage(Volume volume) {
        for (int attempt = 1; ; attempt++) {
            try {
                orchestrator.unstage(volume, host);
                return;
            } catch (StatusRuntimeException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static String pod(Volume volume) {
        return "pod-" + volume.getVolumeId().hashCode();
    }

    /** Runs until the first pod's writes fail, while the one beside it goes on. */
    private void writeUntilItFails(Runnable fail) throws Exception {
        Path records = start(failing).resolve("records");
        Path besideIt = start(neighbour).resolve("records");
        PodWriter writer = PodWriter.start(records);
        PodWriter other = PodWriter.start(besideIt);
        writer.awaitMore(20, PATIENCE);

        fail.run();
        assertThat(writer.awaitFailure(PATIENCE)).as("the pod's writes fail").isTrue();
        other.awaitMore(20, PATIENCE);

        assertThat(writer.stop()).isNotNull();
        assertThat(other.stop()).isNull();
        PodWriter.verify(besideIt, other.synced());
        disk.heal();
        stop(failing);
        PodWriter.verify(start(failing).resolve("records"), writer.synced());
        stop(failing);
        stop(neighbour);
    }

    @Test
    void EIO_on_write_is_heard_by_the_pod_and_by_no_other() throws Exception {
        writeUntilItFails(() -> disk.writes.set(Errno.EIO));
    }

    /** The kernel would let a second fsync succeed; what the target answers must not. */
    @Test
    void EIO_on_fsync_is_heard_by_the_pod_and_by_no_other() throws Exception {
        writeUntilItFails(() -> disk.flushes.set(Errno.EIO));
    }

    @Test
    void EIO_on_read_is_heard_by_the_pod_and_by_no_other() throws Exception {
        var random = new SplittableRandom(1);
        var files = new PodFiles();
        var besideThem = new PodFiles();
        files.write(start(failing), "file", 1 << 20, random);
        stop(failing);
        Path again = start(failing);
        Path beside = start(neighbour);

        disk.reads.set(Errno.EIO);
        assertThatThrownBy(() -> Files.readAllBytes(again.resolve("file")))
                .isInstanceOf(IOException.class);
        besideThem.write(beside, "file", 1 << 20, random);
        besideThem.verify(beside);

        disk.heal();
        stop(failing);
        files.verify(start(failing));
        stop(failing);
        stop(neighbour);
    }
}
