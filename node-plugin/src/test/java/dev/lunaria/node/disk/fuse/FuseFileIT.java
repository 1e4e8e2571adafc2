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
import dev.lunaria.node.disk.session.DiskLoops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The FUSE file through the real kernel, as root. */
@Timeout(60)
final class FuseFileIT {

    private static final int MIB = 1 << 20;

    private static final DiskLoops LOOPS = new DiskLoops();

    @TempDir Path folder;
    private FileBlockIo io;
    private FuseFile fuse;

    @AfterAll
    static void endLoops() {
        LOOPS.close();
    }

    @BeforeEach
    void mount() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "mounting FUSE needs root");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "no FUSE in this kernel");
        io = new FileBlockIo(folder.resolve("backing"), 16 * MIB, 512);
        fuse = FuseFile.mount(folder.resolve("disk"), io, FuseOptions.DEFAULT, LOOPS.next());
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
        assertThatThrownBy(() -> FuseFile.mount(precious, io, FuseOptions.DEFAULT, LOOPS.next()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no empty file");
        assertThat(precious).hasContent("data");
    }

    @Test
    void aReadOnlyDiskRefusesWriters() throws IOException {
        FuseFile other =
                FuseFile.mount(
                        folder.resolve("readonly"),
                        io,
                        FuseOptions.DEFAULT.asReadOnly(true),
                        LOOPS.next());
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
    void moreRequestsThanBuffersWaitForTheirTurn() throws Exception {
        int readers = 24;
        HeldReads held = new HeldReads(io);
        FuseFile other =
                FuseFile.mount(
                        folder.resolve("narrow"),
                        held,
                        new FuseOptions(false, 1, 8192),
                        LOOPS.next());
        try (Descriptor file = FileIo.open(other.path(), OpenFlags.O_RDWR, 0);
                ExecutorService threads = Executors.newFixedThreadPool(readers)) {
            List<Future<Integer>> reads = new ArrayList<>();
            for (int i = 0; i < readers; i++) {
                long offset = i * 4096L;
                reads.add(
                        threads.submit(() ->
                                FileIo.read(file, ByteBuffer.allocateDirect(4096), offset, 0)));
            }
            held.awaitNoMore();
            assertThat(held.count()).isLessThan(readers);
            held.release();
            for (Future<Integer> read : reads) {
                assertThat(read.get()).isEqualTo(4096);
            }
        } finally {
            held.release();
            other.close();
        }
    }

    @Test
    void anAbortReachesAReaderThatWaitsForABuffer() throws Exception {
        HeldReads held = new HeldReads(io);
        FuseFile other =
                FuseFile.mount(
                        folder.resolve("narrow"),
                        held,
                        new FuseOptions(false, 1, 8192),
                        LOOPS.next());
        try (ExecutorService threads = Executors.newFixedThreadPool(24)) {
            try (Descriptor file = FileIo.open(other.path(), OpenFlags.O_RDWR, 0)) {
                List<Future<Integer>> reads = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    long offset = i * 4096L;
                    reads.add(
                            threads.submit(() ->
                                    FileIo.read(file, ByteBuffer.allocateDirect(4096), offset, 0)));
                }
                held.awaitNoMore();
                other.abort();
                for (Future<Integer> read : reads) {
                    assertThatThrownBy(read::get).hasCauseInstanceOf(LinuxException.class);
                }
            }
            other.close();
            held.release();
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
