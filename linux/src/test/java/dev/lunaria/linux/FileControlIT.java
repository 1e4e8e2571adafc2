package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space, durability, length and locks of real files. */
final class FileControlIT {

    private static final int MIB = 1 << 20;

    @TempDir Path folder;

    @Test
    void aPunchedHoleReadsAsZeroesAndGivesItsSpaceBack() throws LinuxException {
        try (Descriptor file = filled("punched", 4 * MIB)) {
            long before = FileStatus.of(file).allocatedBytes();
            FileControl.punchHole(file, MIB, 2 * MIB);
            FileStatus after = FileStatus.of(file);
            assertThat(after.sizeBytes()).isEqualTo(4 * MIB);
            assertThat(after.allocatedBytes()).isLessThanOrEqualTo(before - 2 * MIB);
            assertThat(byteAt(file, MIB)).isZero();
            assertThat(byteAt(file, MIB - 1)).isEqualTo((byte) 7);
        }
    }

    @Test
    void aZeroedRangeReadsAsZeroesAndKeepsItsLength() throws LinuxException {
        try (Descriptor file = filled("zeroed", MIB)) {
            try {
                FileControl.zeroRange(file, 0, 4096);
            } catch (LinuxException e) {
                abort("no FALLOC_FL_ZERO_RANGE on " + folder + ": " + e.getMessage());
            }
            assertThat(byteAt(file, 0)).isZero();
            assertThat(byteAt(file, 4096)).isEqualTo((byte) 7);
            assertThat(FileStatus.of(file).sizeBytes()).isEqualTo(MIB);
        }
    }

    @Test
    void holesAndDataAreFound() throws LinuxException {
        try (Descriptor file = create("sparse")) {
            FileControl.truncate(file, 8 * MIB);
            FileIo.writeFully(file, FileIoIT.bytes("data"), 4 * MIB, 0);
            FileControl.fdatasync(file);
            assertThat(FileControl.seekData(file, 0)).isEqualTo(4 * MIB);
            assertThat(FileControl.seekHole(file, 4 * MIB)).isBetween(4L * MIB + 1, 5L * MIB);
            assertThat(FileControl.seekData(file, 6 * MIB)).isEqualTo(FileControl.NO_MORE_DATA);
            assertThat(FileControl.seekHole(file, 9 * MIB)).isEqualTo(FileControl.NO_MORE_DATA);
        }
    }

    @Test
    void aSparseFileTakesNoSpace() throws LinuxException {
        try (Descriptor file = create("thin")) {
            FileControl.truncate(file, 40L << 30);
            FileStatus status = FileStatus.of(file);
            assertThat(status.sizeBytes()).isEqualTo(40L << 30);
            assertThat(status.allocatedBytes()).isLessThan(MIB);
            assertThat(status.isRegularFile()).isTrue();
        }
    }

    @Test
    void writeBackOfARangeIsStarted() throws LinuxException {
        try (Descriptor file = filled("range", MIB)) {
            FileControl.syncRange(file, 0, MIB, FileControl.SYNC_FILE_RANGE_WRITE);
            FileControl.syncFileSystem(file);
        }
    }

    @Test
    void anExclusiveLockIsHeldByOneOpenFileOnly() throws LinuxException {
        try (Descriptor first = create("lock");
                Descriptor second = create("lock")) {
            assertThat(FileControl.tryLock(first)).isTrue();
            assertThat(FileControl.tryLock(second)).isFalse();
            assertThat(FileControl.tryLockShared(second)).isFalse();
            FileControl.unlock(first);
            assertThat(FileControl.tryLock(second)).isTrue();
        }
        try (Descriptor third = create("lock")) {
            assertThat(FileControl.tryLock(third)).isTrue();
        }
    }

    @Test
    void aReflinkSharesDataOrSaysThatItCannot() throws LinuxException {
        try (Descriptor from = filled("origin", MIB);
                Descriptor into = create("clone")) {
            try {
                FileControl.reflink(from, into);
                assertThat(FileStatus.of(into).sizeBytes()).isEqualTo(MIB);
            } catch (LinuxException e) {
                assertThat(e.errno()).isIn(Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOTTY);
                assertThat(e.call()).isEqualTo("FICLONE");
            }
        }
    }

    @Test
    void syncOfAFolderThatIsMissingNamesIt() {
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> FileControl.fsyncFolder(missing))
                .isInstanceOf(LinuxException.class)
                .hasMessage("open(" + missing + "): ENOENT");
    }

    @Test
    void statusTellsFilesFoldersAndLinksApart() throws IOException {
        Path file = Files.writeString(folder.resolve("plain"), "12345");
        Path link = Files.createSymbolicLink(folder.resolve("to"), file);
        assertThat(FileStatus.of(file).sizeBytes()).isEqualTo(5);
        assertThat(FileStatus.of(link).inode()).isEqualTo(FileStatus.of(file).inode());
        assertThat(FileStatus.ofLink(link).isSymbolicLink()).isTrue();
        assertThat(FileStatus.of(folder).isFolder()).isTrue();
        assertThat(FileStatus.of(file).inode())
                .isEqualTo(((Number) Files.getAttribute(file, "unix:ino")).longValue());
    }

    @Test
    void aFileSystemTellsItsSpace() throws IOException {
        FileSystemStatus status = FileSystemStatus.of(folder);
        assertThat(status.totalBytes()).isEqualTo(Files.getFileStore(folder).getTotalSpace());
        assertThat(status.availableBytes()).isBetween(1L, status.totalBytes());
        try (Descriptor file = create("there")) {
            assertThat(FileSystemStatus.of(file).type()).isEqualTo(status.type());
        }
    }

    private Descriptor create(String name) throws LinuxException {
        return FileIo.open(folder.resolve(name), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
    }

    private Descriptor filled(String name, int size) throws LinuxException {
        Descriptor file = create(name);
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        for (int i = 0; i < size; i++) {
            buffer.put(i, (byte) 7);
        }
        FileIo.writeFully(file, buffer, 0, 0);
        FileControl.fdatasync(file);
        return file;
    }

    private static byte byteAt(Descriptor file, long offset) throws LinuxException {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        FileIo.readFully(file, one, offset);
        return one.get(0);
    }
}
