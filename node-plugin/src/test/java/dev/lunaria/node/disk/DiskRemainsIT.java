package dev.lunaria.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.disk.loop.LoopDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that serves a disk is killed; what it leaves is removed. As root, in a child JVM. */
@Timeout(120)
final class DiskRemainsIT {

    @TempDir Path folder;
    private Path disks;
    private Process server;
    private Path device;

    @BeforeEach
    void serve() throws IOException {
        Tools.assumeDisks();
        disks = Files.createDirectory(folder.resolve("disks"));
        start();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        if (server != null) {
            server.destroyForcibly();
            DiskRemains.removeAt(disks);
            assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(MountTable.read().below(folder)).isEmpty();
            assertThat(LoopDevice.over(disks)).isEmpty();
        }
    }

    @Test
    void whatAKilledProcessLeftIsRemoved() throws Exception {
        kill();
        assertThatThrownBy(() -> FileStatus.of(disks.resolve("one")))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTCONN));
        assertThat(LoopDevice.over(disks)).hasSize(1);

        DiskRemains remains = DiskRemains.removeAt(disks);

        assertThat(remains).isEqualTo(new DiskRemains(List.of(), List.of(device), List.of()));
        assertThat(MountTable.read().below(disks)).isEmpty();
        assertThat(LoopDevice.over(disks)).isEmpty();
        assertThat(disks).isEmptyDirectory();
        assertThat(DiskRemains.removeAt(disks).isEmpty()).isTrue();
    }

    @Test
    void fileSystemsOnADeadDiskAreUnmountedAndFlushedFilesAreThereAgain() throws Exception {
        Tools.assumeProgram("mkfs.ext4");
        Path mountPoint = Files.createDirectory(folder.resolve("mnt"));
        Path bound = Files.createDirectory(folder.resolve("pod"));
        Tools.run("mkfs.ext4", "-q", device);
        Mounts.mount(device.toString(), mountPoint, "ext4", 0, "");
        Mounts.bind(mountPoint, bound);
        Path file = mountPoint.resolve("flushed");
        Files.writeString(file, "durable");
        try (Descriptor open = FileIo.open(file, OpenFlags.O_RDONLY, 0)) {
            FileControl.fsync(open);
        }
        FileControl.fsyncFolder(mountPoint);
        kill();

        DiskRemains remains = DiskRemains.removeAt(disks);

        assertThat(remains.unmounted()).containsExactlyInAnyOrder(mountPoint, bound);
        assertThat(remains.devices()).containsExactly(device);
        assertThat(MountTable.read().below(folder)).isEmpty();

        start();
        Mounts.mount(device.toString(), mountPoint, "ext4", 0, "");
        assertThat(file).hasContent("durable");
        Mounts.unmount(mountPoint, 0);
    }

    @Test
    void aDiskThatIsKilledWhileItIsWrittenToIsRemoved() throws Exception {
        Process writer =
                new ProcessBuilder(
                                "dd", "if=/dev/zero", "of=" + device, "bs=1M", "conv=nocreat,fsync")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        Processes.kill(server.pid(), Processes.SIGKILL);
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).as("the writer gets its error").isTrue();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        DiskRemains remains = DiskRemains.removeAt(disks.resolve("one"));
        assertThat(remains.devices()).containsExactly(device);
    }

    @Test
    void anotherProcessOpensTheSameDiskAfterACrash() throws Exception {
        kill();
        start();
        assertThat(LoopDevice.over(disks)).hasSize(1);
        server.getOutputStream().close();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
        assertThat(LoopDevice.over(disks)).isEmpty();
        assertThat(disks).isEmptyDirectory();
    }

    @Test
    void aDiskWhoseMountNamespaceDiedWithItsProcessIsRemovedToo() throws Exception {
        Tools.assumeProgram("unshare");
        kill();
        DiskRemains.removeAt(disks);
        start("unshare", "--mount", "--propagation", "private");
        kill();
        Deadline gone = Deadline.in(Duration.ofSeconds(10));
        int number = Integer.parseInt(device.toString().substring("/dev/loop".length()));
        while (!LoopDevices.backingFile(number).equals(Optional.of("/")) && gone.pause()) {}
        assertThat(LoopDevice.over(disks)).as("the kernel forgot the name").isEmpty();

        assertThat(DiskRemains.removeAt(disks).devices()).containsExactly(device);

        assertThat(LoopDevices.backingFile(number)).isEmpty();
        assertThat(disks).isEmptyDirectory();
    }

    private void start(String... wrapper) throws IOException {
        List<String> command = new ArrayList<>(List.of(wrapper));
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServeDisk.class.getName(),
                        disks.resolve("one").toString(),
                        folder.resolve("backing").toString()));
        server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader output = server.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        while (line != null && !line.startsWith(ServeDisk.ANSWER)) {
            line = output.readLine();
        }
        assertThat(line).as("the child serves its disk").isNotNull();
        device = Path.of(line.substring(ServeDisk.ANSWER.length()));
    }

    private void kill() throws Exception {
        Processes.kill(server.pid(), Processes.SIGKILL);
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
}
