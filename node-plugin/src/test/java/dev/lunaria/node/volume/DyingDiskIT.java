package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stage whose disk process dies in its midst, on real loop devices and mounts. */
final class DyingDiskIT {
    @TempDir Path folder;
    private NodeUnderTest node;

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        node = new NodeUnderTest(folder.toRealPath());
    }

    @AfterEach
    void close() throws IOException {
        if (node != null) {
            node.close();
        }
    }

    /** What the kernel then says of the device would send people to look for damage. */
    @Test
    void aStageWhoseDiskDiesBeforeItsMountIsToBeRepeatedAndThenSucceeds() throws IOException {
        node.disks.afterFormat(node.disks::die);
        assertThatThrownBy(node::stage)
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.UNAVAILABLE))
                .hasMessageContaining("repeat");

        node.disks.afterFormat(() -> {});
        node.stage();

        assertThat(node.mountsAt(node.stagingPath)).hasSize(1);
        assertThat(node.lun.formattingEntries()).isEqualTo(1);
        node.unstage();
        assertThat(node.loops()).isEmpty();
    }
}
