package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who uses a loop device: a mount here or elsewhere, a process, another device. */
final class DeviceUsersIT {
    @TempDir Path folder;
    private int number = -1;

    @BeforeEach
    void makeDevice() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for loop devices");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        Path file = folder.resolve("volume");
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(16 << 20);
        }
        number = LoopDevices.free();
        try (Descriptor device = FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDWR, 0);
                Descriptor backing = FileIo.open(file, OpenFlags.O_RDWR, 0)) {
            LoopDevices.configure(device, backing, 512, 0, "users");
        }
    }

    @AfterEach
    void removeDevice() throws IOException {
        for (MountInfo mount : MountTable.read().below(folder.toRealPath())) {
            Mounts.unmount(mount.mountPoint(), Mounts.MNT_DETACH);
        }
        if (number >= 0) {
            try (Descriptor device = FileIo.open(path(), OpenFlags.O_RDONLY, 0)) {
                LoopDevices.clear(device);
            }
        }
    }

    private Path path() {
        return LoopDevices.devicePath(number);
    }

    private List<String> users() {
        return DeviceUsers.of(path(), new DeviceNumber(7, number));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void nobodyIsNobody() {
        assertThat(users()).isEmpty();
        assertThat(DeviceUsers.holders(path())).isEmpty();
    }

    @Test
    void aProcessThatHasItOpenIsNamed() throws Exception {
        Process open =
                new ProcessBuilder(
                                "sh", "-c", "exec 3<\"$0\"; echo open; exec cat", path().toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertThat(open.getInputStream().read()).isEqualTo('o');
            assertThat(users()).containsExactly("open in process " + open.pid() + " (cat)");
        } finally {
            open.destroyForcibly();
            assertThat(open.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void mountsHereAndInOtherNamespacesAreNamed() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/unshare")), "needs unshare, of util-linux");
        run("mkfs.ext4", "-q", path().toString());
        Path mounted = Files.createDirectories(folder.toRealPath().resolve("mounted"));
        Mounts.mount(path().toString(), mounted, "ext4", 0, "");
        assertThat(users()).containsExactly("mounted at " + mounted);
        Process elsewhere =
                new ProcessBuilder("unshare", "--mount", "sh", "-c", "echo open; exec cat")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertThat(elsewhere.getInputStream().read()).isEqualTo('o');
            Mounts.unmount(mounted, 0);
            assertThat(users())
                    .containsExactly(
                            "mounted at %s in the mount namespace of process %d (cat)"
                                    .formatted(mounted, elsewhere.pid()));
        } finally {
            elsewhere.destroyForcibly();
            assertThat(elsewhere.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
