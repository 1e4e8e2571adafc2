package dev.lunaria.e2e.survival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.FuseConnections;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaked FUSE connections are found, and only those of mounts below the folder. */
class FuseConnectionsIT {
    private static final long BYTES = 1 << 20;

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Requirements.blockDevices();
    }

    private Path file(String name) throws Exception {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(BYTES);
        }
        return file;
    }

    @Test
    void a_connection_is_there_until_its_mount_is_gone() throws Exception {
        Path ours = file("ours/data");
        Path others = file("others/data");
        try (var connections =
                        FuseConnections.watch(folder.resolve("ours"), folder.resolve("control"));
                var _ = FaultyFile.over(others, folder.resolve("others/backing"))) {
            try (var _ = FaultyFile.over(ours, folder.resolve("ours/backing"))) {
                connections.look();
                assertThat(connections.present()).hasSize(1);
            }
            assertThat(connections.present()).isEmpty();
        }
        assertThat(MountTable.read().below(folder.toRealPath())).isEmpty();
    }

    @Test
    void a_connection_that_no_mount_table_shows_any_more_is_found() throws Exception {
        Path data = file("ours/data");
        try (var connections =
                        FuseConnections.watch(folder.resolve("ours"), folder.resolve("control"));
                var mounted = FaultyFile.over(data, folder.resolve("ours/backing"))) {
            connections.look();
            try (Descriptor held = Descriptor.open(data, OpenFlags.O_RDONLY, 0)) {
                assertThat(held).isNotNull();
                Mounts.unmount(data, Mounts.MNT_DETACH);
                assertThat(MountTable.read().at(data.toRealPath())).isEmpty();
                assertThat(connections.present()).hasSize(1);
            }
            assertThat(mounted).isNotNull();
        }
    }

    /** Container engines take a copy of the whole mount table with them. */
    @Test
    void a_connection_in_another_mount_namespace_is_told_with_the_process_that_has_it()
            throws Exception {
        Requirements.tool("unshare");
        Path data = file("ours/data");
        try (var connections =
                        FuseConnections.watch(folder.resolve("ours"), folder.resolve("control"));
                var mounted = FaultyFile.over(data, folder.resolve("ours/backing"))) {
            connections.look();
            Process other =
                    new ProcessBuilder("unshare", "-m", "sh", "-c", "echo ready; exec cat").start();
            try {
                assertThat(other.inputReader().readLine()).isEqualTo("ready");
                Mounts.unmount(data, Mounts.MNT_DETACH);
                assertThat(connections.present())
                        .singleElement()
                        .asString()
                        .contains("mount namespace of process " + other.pid());
            } finally {
                other.destroyForcibly().waitFor();
            }
            assertThat(mounted).isNotNull();
        }
    }
}
