package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Device nodes, as root. */
final class DeviceNodesIT {

    @TempDir Path folder;

    @Test
    void aNodeStandsForTheDeviceThatWasAskedFor() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "mknod(2) needs root");
        Path node = folder.resolve("loop300");
        DeviceNodes.makeBlock(node, new DeviceNumber(7, 300), 0600);
        DeviceNodes.makeBlock(node, new DeviceNumber(7, 300), 0600);
        FileStatus status = FileStatus.of(node);
        assertThat(status.isBlockDevice()).isTrue();
        assertThat(status.specialDevice()).isEqualTo(new DeviceNumber(7, 300));
    }

    @Test
    void numbersAreEncodedAsTheCLibraryDoes() {
        assertThat(DeviceNodes.encode(new DeviceNumber(7, 3))).isEqualTo(0x703);
        assertThat(DeviceNodes.encode(new DeviceNumber(7, 300))).isEqualTo(0x10072cL);
        assertThat(DeviceNodes.encode(new DeviceNumber(0x1234, 0xabcde)))
                .isEqualTo(0x1000_abc2_34deL);
    }
}
