package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of a loop device over a real file, as root. */
final class LoopDevicesIT {

    private static final int MIB = 1 << 20;

    @TempDir Path folder;

    @BeforeEach
    void rootAndLoop() {
        assumeTrue(Processes.effectiveUserId() == 0, "loop devices need root");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "no loop driver in this kernel");
    }

    @Test
    void aLoopDeviceIsConfiguredReadBackGrownAndCleared() throws IOException {
        Path path = folder.resolve("backing");
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            FileControl.truncate(file, 4 * MIB);
            int number = LoopDevices.free();
            try (Descriptor device =
                    FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDWR, 0)) {
                LoopDevices.configure(device, file, 4096, LoopDevices.LO_FLAGS_AUTOCLEAR, "a name");
                assertThat(BlockDevices.sizeBytes(device)).isEqualTo(4 * MIB);
                assertThat(BlockDevices.logicalBlockBytes(device)).isEqualTo(4096);
                assertThat(BlockDevices.physicalBlockBytes(device)).isGreaterThanOrEqualTo(4096);
                assertThat(BlockDevices.isReadOnly(device)).isFalse();
                assertThat(LoopDevices.inUse()).contains(number);
                assertThat(LoopDevices.backingFile(number)).contains(path.toString());
                LoopDevices.Status status = LoopDevices.status(device);
                assertThat(status.number()).isEqualTo(number);
                assertThat(status.inode()).isEqualTo(FileStatus.of(file).inode());
                assertThat(status.name()).isEqualTo("a name");
                assertThat(status.flags() & LoopDevices.LO_FLAGS_AUTOCLEAR).isNotZero();
                assertThat(FileStatus.of(device).isBlockDevice()).isTrue();
                assertThat(FileStatus.of(device).specialDevice().major()).isEqualTo(7);

                FileControl.truncate(file, 6 * MIB);
                LoopDevices.setCapacity(device);
                assertThat(BlockDevices.sizeBytes(device)).isEqualTo(6 * MIB);
                LoopDevices.clear(device);
            }
            awaitCleared(number);
        }
    }

    @Test
    void directIoIsGrantedAndReadBack() throws IOException {
        Path path = folder.resolve("direct");
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            FileControl.truncate(file, MIB);
            int number = LoopDevices.free();
            try (Descriptor device =
                    FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDWR, 0)) {
                LoopDevices.configure(
                        device,
                        file,
                        4096,
                        LoopDevices.LO_FLAGS_AUTOCLEAR | LoopDevices.LO_FLAGS_DIRECT_IO,
                        "");
                assumeTrue(LoopDevices.isDirectIo(number), "no direct I/O on " + folder);
                LoopDevices.setDirectIo(device, false);
                assertThat(LoopDevices.isDirectIo(number)).isFalse();
            }
            awaitCleared(number);
        }
    }

    @Test
    void discardAndZeroOnTheDeviceReachTheFile() throws IOException {
        Path path = folder.resolve("discarded");
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            FileIo.writeFully(file, ones(2 * MIB), 0, FileIo.RWF_DSYNC);
            long before = FileStatus.of(file).allocatedBytes();
            int number = LoopDevices.free();
            try (Descriptor device =
                    FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDWR, 0)) {
                LoopDevices.configure(device, file, 512, LoopDevices.LO_FLAGS_AUTOCLEAR, "");
                BlockDevices.discard(device, 0, MIB);
                BlockDevices.zero(device, MIB, 4096);
                BlockDevices.flushBuffers(device);
                FileControl.fsync(device);
            }
            awaitCleared(number);
            assertThat(FileStatus.of(file).allocatedBytes()).isLessThanOrEqualTo(before - MIB);
            ByteBuffer back = ByteBuffer.allocateDirect(4097);
            FileIo.readFully(file, back, MIB);
            assertThat(back.get(0)).isZero();
            assertThat(back.get(4096)).isEqualTo((byte) 1);
        }
    }

    @Test
    void aDeviceWithoutAFileSaysSo() throws IOException {
        int number = LoopDevices.free();
        try (Descriptor device =
                FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDONLY, 0)) {
            assertThatThrownBy(() -> LoopDevices.status(device))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> {
                                assertThat(e.errno()).isEqualTo(Errno.ENXIO);
                                assertThat(e.call()).isEqualTo("LOOP_GET_STATUS64");
                                assertThat(e.argument()).isEqualTo("/dev/loop" + number);
                            });
        }
        assertThat(LoopDevices.backingFile(number)).isEmpty();
        assertThat(LoopDevices.backingFile(99999)).isEmpty();
    }

    private static ByteBuffer ones(int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        for (int i = 0; i < size; i++) {
            buffer.put(i, (byte) 1);
        }
        return buffer;
    }

    private static void awaitCleared(int number) throws IOException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
        while (LoopDevices.backingFile(number).isPresent()) {
            assertThat(Instant.now()).as("loop%d lets go of its file", number).isBefore(deadline);
            Thread.onSpinWait();
        }
    }
}
