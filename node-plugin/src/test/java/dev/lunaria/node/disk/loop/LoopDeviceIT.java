package dev.lunaria.node.disk.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which loop device a disk gets, as root. */
final class LoopDeviceIT {

    @TempDir private Path folder = Path.of("");

    @BeforeEach
    void rootAndLoop() {
        assumeTrue(Processes.effectiveUserId() == 0, "loop devices and mounts need root");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "no loop driver in this kernel");
    }

    @Test
    void a_number_whose_node_is_still_bound_at_a_raw_volumes_path_is_not_used_again()
            throws IOException {
        int bound = LoopDevice.free();
        Path path = Files.createFile(folder.resolve("published"));
        Mounts.bind(LoopDevices.devicePath(bound), path);
        try {
            assertThat(LoopDevice.free()).isNotEqualTo(bound);
        } finally {
            Mounts.unmount(path, 0);
        }
    }
}
