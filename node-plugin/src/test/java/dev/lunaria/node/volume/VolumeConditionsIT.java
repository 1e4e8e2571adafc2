package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.volume.VolumeConditions.Cause;
import dev.lunaria.node.volume.VolumeConditions.Condition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NodeGetVolumeHealth: what is wrong with a volume on real loop devices and mounts. */
final class VolumeConditionsIT {
    @TempDir Path folder;
    private Optional<NodeUnderTest> opened = Optional.empty();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        opened = Optional.of(new NodeUnderTest(folder.toRealPath()));
    }

    @AfterEach
    void close() throws IOException {
        if (opened.isPresent()) {
            opened.get().close();
        }
    }

    private NodeUnderTest node() {
        return opened.orElseThrow();
    }

    private List<Cause> causes() {
        return node().conditions.of(NodeUnderTest.VOLUME, List.of(node().stagingPath)).stream()
                .map(Condition::cause)
                .toList();
    }

    @Test
    void aVolumeThatWorksHasNone() {
        node().stage();
        assertThat(causes()).isEmpty();
    }

    @Test
    void aFenceAndADeadDiskProcessAreTold() {
        node().stage();
        node().lun.fenceAndGrantAgain();
        assertThat(causes()).containsExactly(Cause.FENCED);
        node().stage();
        assertThat(causes()).isEmpty();
        node().disks.die();
        assertThat(causes()).containsExactly(Cause.DISK_GONE);
    }

    @Test
    void aFilesystemThatTheKernelGaveUpIsTold() throws IOException {
        node().stage();
        Path device = Path.of(node().mountsAt(node().stagingPath).getFirst().source());
        Path trigger = Path.of("/sys/fs/ext4", device.getFileName().toString(), "trigger_fs_error");
        assumeTrue(Files.exists(trigger), "needs " + trigger);
        Files.writeString(trigger, "an error for a test");
        assertThat(causes()).containsExactly(Cause.FILESYSTEM_FAILED);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThatThrownBy(this::causes)
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.NOT_FOUND));
        node().stage();
        assertThatThrownBy(
                        () -> node().conditions.of(NodeUnderTest.VOLUME, List.of(node().pod("a"))))
                .isInstanceOf(NodeFailure.class)
                .hasMessageContaining("isn't at");
    }
}
