package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnusedDisksIT {
    @TempDir Path folder;

    /** democratic-csi#536: leaked sessions. */
    @Test
    void aDiskThatNoVolumeUsesIsDetachedAndOthersStay() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        try (var node = new NodeUnderTest(folder.toRealPath())) {
            node.stage();
            node.unusedDisks().detach();
            assertThat(node.loops()).hasSize(1);

            Path record = folder.resolve("state/volumes/3c9e%2F7f01.json");
            byte[] saved = Files.readAllBytes(record);
            Files.delete(record);
            node.unusedDisks().detach();
            assertThat(node.loops()).as("it is mounted").hasSize(1);

            node.mounts.unmountAll(node.stagingPath);
            Files.write(record, saved);
            node.unusedDisks().detach();
            assertThat(node.loops()).as("it has a record").hasSize(1);

            Files.delete(record);
            node.unusedDisks().detach();
            assertThat(node.loops()).isEmpty();
        }
    }
}
