package dev.lunaria.node.disk.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.disk.FileBlockIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The FUSE file through the real kernel, as root. */
@Timeout(60)
final class FuseFileIT {

    private static final int MIB = 1 << 20;

    @TempDir Path folder;
    private FileBlockIo io;
    private FuseFile fuse;

    @BeforeEach
    void mount() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "mounting FUSE needs root");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "no FUSE in this kernel");
        io = new FileBlockIo(folder.resolve("backing"), 16 * MIB, 512);
        fuse = FuseFile.mount(folder.resolve("disk"), io, FuseOptions.DEFAULT);
    }

    @AfterEach
    void unmount() throws IOException {
        if (fuse != null) {
            fuse.abort();
            fuse.close();
            assertThat(MountTable.read().at(fuse.path())).isEmpty();
            io.close();
        }
    }

    @Test
    void theFileHasTheSizeOfItsBlockIo() throws IOException {
        FileStatus status = FileStatus.of(fuse.path());
        assertThat(status.isRegularFile()).isTrue();
        assertThat(status.sizeBytes()).isEqualTo(16 * MIB);
        assertThat(FileSystemStatus.of(fuse.path()).type()).isEqualTo(FileSystemStatus.FUSE_MAGIC);
        assertThat(FileSystemStatus.of(fuse.path()).blockBytes()).isEqualTo(4096);
        assertThat(MountTable.read().at(fuse.path()))
                .singleElement()
                .satisfies(mount -> assertThat(mount.type()).isEqualTo(FuseFile.MOUNT_TYPE));
        io.grow(32 * MIB);
        assertThat(FileStatus.of(fuse.path()).sizeBytes()).isEqualTo(32 * MIB);
    }

    @Test
    void largeWritesAreCutAndReadBackWhole() throws IOException {
        ByteBuffer data = random(3 * MIB);
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            FileIo.writeFully(file, data, 4096, 0);
            ByteBuffer back = ByteBuffer.allocateDirect(3 * MIB);
            assertThat(FileIo.readFully(file, back, 4096)).isEqualTo(3 * MIB);
            assertThat(back.flip()).isEqualTo(data.flip());
            assertThat(io.writes).hasValue(12);
        }
    }

    @Test
    void syncReachesTheBlockIoEachTime() throws IOException {
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            FileControl.fsync(file);
            FileControl.fdatasync(file);
            assertThat(io.flushes).hasValue(2);
            io.failFlushes.set(Errno.EIO);
            assertThatThrownBy(() -> FileControl.fsync(file))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
        }
    }

    @Test
    void aFailedWriteCarriesTheErrnoOfTheBlockIo() throws IOException {
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            io.failWrites.set(Errno.ENOSPC);
            assertThatThrownBy(() -> FileIo.writeFully(file, random(4096), 0, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
            io.failWrites.set(0);
            FileIo.writeFully(file, random(4096), 0, 0);
        }
    }

    @Test
    void holesAndZeroesReachTheBlockIo() throws IOException {
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            FileIo.writeFully(file, random(MIB), 0, 0);
            FileControl.punchHole(file, 0, 4096);
            FileControl.zeroRange(file, 8192, 4096);
            assertThat(io.discards).hasValue(1);
            assertThat(io.zeroings).hasValue(1);
            ByteBuffer back = ByteBuffer.allocateDirect(4096);
            FileIo.readFully(file, back, 0);
            assertThat(back.flip()).isEqualTo(ByteBuffer.allocate(4096));
            FileIo.readFully(file, back.clear(), 8192);
            assertThat(back.flip()).isEqualTo(ByteBuffer.allocate(4096));
            assertThatThrownBy(() -> FileControl.fallocate(file, 0, 0, 4096))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP));
            assertThat(FileControl.seekData(file, 4096)).isEqualTo(4096);
            assertThat(FileControl.seekHole(file, 0)).isEqualTo(16 * MIB);
            assertThat(FileControl.seekData(file, 16 * MIB)).isEqualTo(FileControl.NO_MORE_DATA);
        }
    }

    @Test
    void partsOfBlocksAndRangesBeyondTheEndAreRefused() throws IOException {
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            assertThatThrownBy(() -> FileIo.write(file, random(100), 0, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
            assertThatThrownBy(() -> FileIo.write(file, random(512), 16 * MIB, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
            assertThat(FileIo.read(file, ByteBuffer.allocateDirect(512), 16 * MIB, 0)).isZero();
        }
    }

    @Test
    void anOpenFileStaysMountedAndServedWhenCloseIsRefused() throws IOException {
        Descriptor file = open(OpenFlags.O_RDONLY);
        Thread.currentThread().interrupt(); // close gives up at once
        assertThatThrownBy(() -> fuse.close())
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fuse.isServing()).isTrue();
        assertThat(FileIo.read(file, ByteBuffer.allocateDirect(512), 0, 0)).isEqualTo(512);
        file.close();
        fuse.close();
        assertThat(fuse.isServing()).isFalse();
    }

    @Test
    void afterAnAbortEverythingFailsAndCloseDoesNotHang() throws IOException {
        try (Descriptor file = open(OpenFlags.O_RDWR)) {
            fuse.abort();
            assertThatThrownBy(() -> FileIo.read(file, ByteBuffer.allocateDirect(512), 0, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e ->
                                    assertThat(e.errno())
                                            .isIn(Errno.EIO, Errno.ENOTCONN, Errno.ECONNABORTED));
        }
        fuse.close();
    }

    @Test
    void aConnectionIsAbortedByItsNumberAlone() throws IOException {
        assertThat(FuseConnections.abortByNumber(fuse.connection())).isTrue();
        assertThatThrownBy(() -> FileStatus.of(fuse.path()))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.errno()).isIn(Errno.ENOTCONN, Errno.ECONNABORTED));
        fuse.close();
        assertThat(FuseConnections.abortByNumber(fuse.connection())).isFalse();
        FuseConnections.abort(fuse.path(), fuse.connection());
    }

    @Test
    void aDiskIsNotMountedOverAFileWithContents() throws IOException {
        Path precious = Files.writeString(folder.resolve("precious"), "data");
        assertThatThrownBy(() -> FuseFile.mount(precious, io, FuseOptions.DEFAULT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no empty file");
        assertThat(precious).hasContent("data");
    }

    @Test
    void aReadOnlyDiskRefusesWriters() throws IOException {
        FuseFile other =
                FuseFile.mount(
                        folder.resolve("readonly"), io, FuseOptions.DEFAULT.asReadOnly(true));
        try {
            assertThatThrownBy(() -> FileIo.open(other.path(), OpenFlags.O_RDWR, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EROFS));
            FileIo.open(other.path(), OpenFlags.O_RDONLY, 0).close();
        } finally {
            other.close();
        }
    }

    @Test
    void twoReadersServeOneFile() throws IOException {
        FuseFile other =
                FuseFile.mount(folder.resolve("two"), io, new FuseOptions(false, 8, 2, 64 << 10));
        try (Descriptor file = FileIo.open(other.path(), OpenFlags.O_RDWR, 0)) {
            ByteBuffer data = random(MIB);
            FileIo.writeFully(file, data, 0, 0);
            ByteBuffer back = ByteBuffer.allocateDirect(MIB);
            FileIo.readFully(file, back, 0);
            assertThat(back.flip()).isEqualTo(data.flip());
        } finally {
            other.close();
        }
    }

    private Descriptor open(int flags) throws LinuxException {
        return FileIo.open(fuse.path(), flags, 0);
    }

    private static ByteBuffer random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return ByteBuffer.allocateDirect(size).put(bytes).flip();
    }
}
