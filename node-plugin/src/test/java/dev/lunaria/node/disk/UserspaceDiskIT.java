package dev.lunaria.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.BlockDevices;
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
import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.node.disk.session.DiskLoops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole user-space disk on the real kernel, as root. */
@Timeout(120)
final class UserspaceDiskIT {

    private static final long MIB = 1 << 20;

    private static final DiskLoops LOOPS = new DiskLoops();

    @TempDir Path folder;
    private FileBlockIo io;
    private UserspaceDisk disk;
    private Path mountPoint;

    @AfterAll
    static void endLoops() {
        LOOPS.close();
    }

    @BeforeEach
    void open() throws IOException {
        Tools.assumeDisks();
        mountPoint = Files.createDirectory(folder.resolve("mnt"));
        io = new FileBlockIo(folder.resolve("backing"), 256 * MIB, 512);
        disk = UserspaceDisk.open(folder.resolve("disk"), io, FuseOptions.DEFAULT, LOOPS.next());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        if (disk != null) {
            disk.abort();
            DiskRemains.removeAt(disk.file().path());
            disk.close();
            io.close();
            assertThat(MountTable.read().below(folder)).isEmpty();
            assertThat(disk.loop().isAttached()).isFalse();
            assertThat(folder.resolve("disk")).doesNotExist();
        }
    }

    @Test
    void theDeviceHasDirectIoTheBlockSizeAndTheSizeOfTheVolume() throws IOException {
        assertThat(LoopDevices.isDirectIo(disk.loop().number())).isTrue();
        assertThat(LoopDevices.backingFile(disk.loop().number()))
                .contains(disk.file().path().toString());
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            assertThat(BlockDevices.logicalBlockBytes(device)).isEqualTo(512);
            assertThat(BlockDevices.sizeBytes(device)).isEqualTo(256 * MIB);
        }
    }

    @Test
    void filesOnExt4SurviveARemount() throws Exception {
        Tools.assumeProgram("mkfs.ext4");
        Tools.run("mkfs.ext4", "-q", disk.device());
        mountExt4();
        byte[] content = new byte[(int) (20 * MIB + 77)];
        new Random(1).nextBytes(content);
        Path path = mountPoint.resolve("file");
        Files.write(path, content);
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDONLY, 0)) {
            FileControl.fsync(file);
        }
        FileControl.fsyncFolder(mountPoint);
        int flushes = io.flushes.get();
        assertThat(flushes).isPositive();
        Mounts.unmount(mountPoint, 0);

        reopen();
        mountExt4();
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
        Mounts.unmount(mountPoint, 0);
        Tools.run("e2fsck", "-fn", disk.device());
    }

    @Test
    void aMountedDiskRefusesToCloseAndGoesOnWorking() throws Exception {
        Tools.assumeProgram("mkfs.ext4");
        Tools.run("mkfs.ext4", "-q", disk.device());
        mountExt4();
        assertThatThrownBy(() -> disk.close())
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> {
                            assertThat(e.errno()).isEqualTo(Errno.EBUSY);
                            assertThat(e)
                                    .hasMessageContaining(disk.device() + ", which is mounted");
                        });
        Files.writeString(mountPoint.resolve("still"), "works");
        Mounts.unmount(mountPoint, 0);
    }

    @Test
    void discardsOfTheFileSystemGiveSpaceBack() throws Exception {
        Tools.assumeProgram("mkfs.ext4");
        Tools.run("mkfs.ext4", "-q", disk.device());
        assertThat(io.discards.get() + io.zeroings.get()).isPositive();
        mountExt4();
        Path path = mountPoint.resolve("large");
        Files.write(path, new byte[(int) (64 * MIB)]);
        FileControl.fsyncFolder(mountPoint);
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDONLY, 0)) {
            FileControl.fsync(file);
        }
        long full = FileStatus.of(folder.resolve("backing")).allocatedBytes();
        Files.delete(path);
        FileControl.fsyncFolder(mountPoint);
        Tools.run("fstrim", mountPoint);
        assertThat(FileStatus.of(folder.resolve("backing")).allocatedBytes())
                .isLessThan(full - 60 * MIB);
        Mounts.unmount(mountPoint, 0);
    }

    @Test
    void zeroesAndDiscardsReadBackAsZeroes() throws Exception {
        // Through a program of its own: this process must not wait for its own answers.
        Tools.run(
                "dd",
                "if=/dev/urandom",
                "of=" + disk.device(),
                "conv=nocreat",
                "bs=1M",
                "count=4",
                "oflag=direct");
        Tools.run("blkdiscard", "-o", "0", "-l", MIB, disk.device());
        Tools.run("blkdiscard", "-z", "-o", MIB, "-l", MIB, disk.device());
        Tools.run("cmp", "-n", 2 * MIB, disk.device(), "/dev/zero");
        assertThat(io.discards.get()).isPositive();
        assertThat(io.discards.get() + io.zeroings.get()).isGreaterThanOrEqualTo(2);
        ByteBuffer one = ByteBuffer.allocateDirect(512);
        try (Descriptor backing = FileIo.open(folder.resolve("backing"), OpenFlags.O_RDONLY, 0)) {
            FileIo.readFully(backing, one, 2 * MIB);
        }
        assertThat(one.flip()).isNotEqualTo(ByteBuffer.allocate(512));
    }

    @Test
    void randomWritesVerifyUnderLoad() throws Exception {
        Tools.assumeProgram("fio");
        Tools.run(
                "fio",
                "--name=verify",
                "--filename=" + disk.device(),
                "--rw=randwrite",
                "--bsrange=512-1m",
                "--blockalign=512",
                "--size=64m",
                "--direct=1",
                "--ioengine=libaio",
                "--iodepth=32",
                "--verify=crc32c",
                "--do_verify=1",
                "--verify_fatal=1",
                "--randseed=7",
                "--verify_state_save=0",
                "--fsync=64");
        assertThat(io.flushes.get()).isPositive();
    }

    @Test
    void theDeviceGrowsWithItsVolume() throws Exception {
        io.grow(512 * MIB);
        assertThat(disk.refreshSize()).isEqualTo(512 * MIB);
        assertThat(disk.loop().sizeBytes()).isEqualTo(512 * MIB);
        Tools.run(
                "dd",
                "if=/dev/zero",
                "of=" + disk.device(),
                "bs=512",
                "seek=1048575",
                "count=1",
                "oflag=direct");
    }

    @Test
    void aFailedFlushIsSeenByFsyncOnTheDevice() throws Exception {
        io.failFlushes.set(Errno.EIO);
        assertThatThrownBy(() ->
                        Tools.run(
                                "dd",
                                "if=/dev/zero",
                                "of=" + disk.device(),
                                "bs=4096",
                                "count=1",
                                "conv=nocreat,fsync"))
                .hasMessageContaining("Input/output error");
        assertThatThrownBy(() -> disk.close())
                .isInstanceOf(LinuxException.class)
                .hasMessage("flush(" + disk.device() + "): EIO");
        assertThat(disk.loop().isAttached()).isFalse();
    }

    @Test
    void aReadOnlyDiskIsReadOnlyToTheKernel() throws Exception {
        disk.close();
        disk =
                UserspaceDisk.open(
                        folder.resolve("disk"),
                        io,
                        FuseOptions.DEFAULT.asReadOnly(true),
                        LOOPS.next());
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            assertThat(BlockDevices.isReadOnly(device)).isTrue();
        }
        assertThatThrownBy(() ->
                        Tools.run(
                                "dd",
                                "if=/dev/zero",
                                "of=" + disk.device(),
                                "conv=nocreat",
                                "count=1"))
                .isInstanceOf(AssertionError.class);
        assertThat(io.writes).hasValue(0);
    }

    @Test
    void afterAnAbortAMountGoesAwayWithoutHanging() throws Exception {
        Tools.assumeProgram("mkfs.ext4");
        Tools.run("mkfs.ext4", "-q", disk.device());
        mountExt4();
        Files.writeString(mountPoint.resolve("never"), "flushed");
        disk.abort();
        assertThatThrownBy(
                        () -> {
                            try (Descriptor file =
                                    FileIo.open(mountPoint.resolve("never"), OpenFlags.O_RDWR, 0)) {
                                FileControl.fsync(file);
                            }
                        })
                .isInstanceOf(LinuxException.class);
        Mounts.unmount(mountPoint, 0);
        disk.close();
    }

    @Test
    void ioWaitsWhileTheTargetIsAwayAndGoesOnAfterwards() throws Exception {
        io.away.set(true);
        Process writer = writer();
        awaitKept();
        assertThat(FileStatus.of(disk.file().path()).sizeBytes()).isEqualTo(256 * MIB);
        assertThat(writer.isAlive()).isTrue();
        io.comeBack();
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(writer.exitValue()).isZero();
    }

    @Test
    void aDiskWhoseTargetNeverComesBackIsAbortedAndClosed() throws Exception {
        io.away.set(true);
        Process writer = writer();
        awaitKept();
        disk.abort();
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).as("the writer gets its error").isTrue();
        assertThat(writer.exitValue()).isNotZero();
        disk.close();
        assertThat(disk.isServing()).isFalse();
        io.comeBack(); // what is answered too late goes nowhere
    }

    private Process writer() throws IOException {
        return new ProcessBuilder(
                        "dd",
                        "if=/dev/zero",
                        "of=" + disk.device(),
                        "conv=nocreat",
                        "bs=4M",
                        "count=8",
                        "oflag=direct")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void awaitKept() {
        Deadline deadline = Deadline.in(Duration.ofSeconds(20));
        while (io.keptRequests() == 0) {
            assertThat(deadline.pause()).as("the writer's requests arrive").isTrue();
        }
    }

    @Test
    void fourKibBlocksAreShownToTheKernel() throws Exception {
        disk.close();
        io.close();
        io = new FileBlockIo(folder.resolve("backing"), 64 * MIB, 4096);
        disk = UserspaceDisk.open(folder.resolve("disk"), io, FuseOptions.DEFAULT, LOOPS.next());
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            assertThat(BlockDevices.logicalBlockBytes(device)).isEqualTo(4096);
        }
        Tools.run(
                "dd",
                "if=/dev/urandom",
                "of=" + disk.device(),
                "conv=nocreat",
                "bs=1M",
                "count=8",
                "oflag=direct");
    }

    private void mountExt4() throws LinuxException {
        Mounts.mount(disk.device().toString(), mountPoint, "ext4", Mounts.MS_NOATIME, "");
    }

    private void reopen() throws IOException {
        disk.close();
        disk = UserspaceDisk.open(folder.resolve("disk"), io, FuseOptions.DEFAULT, LOOPS.next());
    }
}
