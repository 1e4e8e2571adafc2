package dev.lunaria.linux;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads and writes against real files. */
final class FileIoIT {

    @TempDir Path folder;

    @Test
    void whatWasWrittenAtAnOffsetIsReadFromThere() throws LinuxException {
        try (Descriptor file = create("data")) {
            assertThat(FileIo.write(file, bytes("hello"), 8192, 0)).isEqualTo(5);
            ByteBuffer into = ByteBuffer.allocateDirect(16);
            assertThat(FileIo.read(file, into, 8190, 0)).isEqualTo(7);
            assertThat(into.position()).isEqualTo(7);
            assertThat(text(into.flip())).isEqualTo("\0\0hello");
        }
    }

    @Test
    void aSliceIsFilledFromItsPositionToItsLimitOnly() throws LinuxException {
        try (Descriptor file = create("slice")) {
            FileIo.writeFully(file, bytes("abcdefgh"), 0, 0);
            ByteBuffer whole = ByteBuffer.allocateDirect(16);
            ByteBuffer slice = whole.slice(4, 8).position(2).limit(5);
            assertThat(FileIo.read(file, slice, 1, 0)).isEqualTo(3);
            assertThat(text(whole.clear())).isEqualTo("\0\0\0\0\0\0bcd\0\0\0\0\0\0\0");
        }
    }

    @Test
    void aReadAtTheEndOfTheFileAnswersZero() throws LinuxException {
        try (Descriptor file = create("empty")) {
            assertThat(FileIo.read(file, ByteBuffer.allocateDirect(8), 0, 0)).isZero();
            assertThat(FileIo.readFully(file, ByteBuffer.allocateDirect(8), 100)).isZero();
        }
    }

    @Test
    void aReadThatMayNotWaitAnswersFromThePageCache() throws LinuxException {
        try (Descriptor file = create("cached")) {
            FileIo.writeFully(file, bytes("cached"), 0, 0);
            ByteBuffer into = ByteBuffer.allocateDirect(6);
            int n = FileIo.read(file, into, 0, FileIo.RWF_NOWAIT);
            assertThat(n).isIn(6, FileIo.WOULD_BLOCK);
        }
    }

    @Test
    void aDurableWriteIsAccepted() throws LinuxException {
        try (Descriptor file = create("dsync")) {
            FileIo.writeFully(file, bytes("durable"), 0, FileIo.RWF_DSYNC);
            FileControl.fdatasync(file);
            FileControl.fsync(file);
            FileControl.fsyncFolder(folder);
            assertThat(FileStatus.of(file).sizeBytes()).isEqualTo(7);
        }
    }

    @Test
    void severalBuffersAreWrittenInOrder() throws LinuxException {
        try (Descriptor file = create("gather")) {
            List<ByteBuffer> parts = List.of(bytes("one "), bytes("two "), bytes("three"));
            assertThat(FileIo.write(file, parts, 3, 0)).isEqualTo(13);
            assertThat(parts).noneMatch(ByteBuffer::hasRemaining);
            ByteBuffer into = ByteBuffer.allocateDirect(13);
            FileIo.readFully(file, into, 3);
            assertThat(text(into.flip())).isEqualTo("one two three");
        }
    }

    @Test
    void aFailureCarriesTheCallTheErrnoItsNameAndThePath() {
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> FileIo.open(missing, OpenFlags.O_RDONLY, 0))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> {
                            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                            assertThat(e.errnoName()).isEqualTo("ENOENT");
                            assertThat(e.call()).isEqualTo("open");
                            assertThat(e.argument()).isEqualTo(missing.toString());
                            assertThat(e).hasMessage("open(" + missing + "): ENOENT");
                        });
    }

    @Test
    void writingToADescriptorOpenedForReadingIsRefused() throws IOException {
        Path path = Files.createFile(folder.resolve("readonly"));
        try (Descriptor file = FileIo.open(path, OpenFlags.O_RDONLY, 0)) {
            assertThatThrownBy(() -> FileIo.write(file, bytes("x"), 0, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.is(Errno.EBADF)).isTrue());
        }
    }

    @Test
    void aHeapBufferIsRefusedBeforeTheKernelSeesIt() throws LinuxException {
        try (Descriptor file = create("heap")) {
            assertThatThrownBy(() -> FileIo.write(file, ByteBuffer.allocate(4), 0, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aClosedDescriptorIsNeverHandedToTheKernel() throws LinuxException {
        Descriptor file = create("closed");
        file.close();
        file.close();
        assertThatThrownBy(() -> FileIo.read(file, ByteBuffer.allocateDirect(1), 0, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void noDescriptorIsInheritedByAProgramThatIsStarted() throws IOException {
        try (Descriptor file = create("cloexec")) {
            String info = Files.readString(Path.of("/proc/self/fdinfo/" + file.number()));
            String flags =
                    info.lines()
                            .filter(line -> line.startsWith("flags:"))
                            .map(line -> line.substring(6).strip())
                            .findFirst()
                            .orElseThrow();
            assertThat(Integer.parseInt(flags, 8) & OpenFlags.O_CLOEXEC).isNotZero();
        }
    }

    @Test
    void openingThroughASymbolicLinkCanBeForbidden() throws IOException {
        Path target = Files.createFile(folder.resolve("target"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), target);
        assertThatThrownBy(() -> FileIo.open(link, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW, 0))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
        assertThatThrownBy(() ->
                        FileIo.openResolving(
                                link, OpenFlags.O_RDONLY, 0, OpenFlags.RESOLVE_NO_SYMLINKS))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
        FileIo.openResolving(target, OpenFlags.O_RDONLY, 0, OpenFlags.RESOLVE_NO_SYMLINKS).close();
    }

    @Test
    void aFolderIsOpenedAsAFolderOnly() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> FileIo.open(file, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR));
    }

    @Test
    void directIoNeedsAlignmentAndReadsWhatItWrote() throws LinuxException {
        Path path = folder.resolve("direct");
        Descriptor file;
        try {
            file =
                    FileIo.open(
                            path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_DIRECT, 0600);
        } catch (LinuxException e) {
            abort("the file system of " + folder + " has no O_DIRECT: " + e.getMessage());
            return;
        }
        try (file) {
            ByteBuffer block = ByteBuffer.allocateDirect(8192).alignedSlice(4096).limit(4096);
            block.put(0, (byte) 42);
            FileIo.writeFully(file, block, 4096, 0);
            ByteBuffer back = ByteBuffer.allocateDirect(8192).alignedSlice(4096).limit(4096);
            assertThat(FileIo.readFully(file, back, 4096)).isEqualTo(4096);
            assertThat(back.get(0)).isEqualTo((byte) 42);
            assertThatThrownBy(() -> FileIo.write(file, block.clear().limit(100), 0, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    private Descriptor create(String name) throws LinuxException {
        return FileIo.open(folder.resolve(name), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.allocateDirect(text.length()).put(text.getBytes(US_ASCII)).flip();
    }

    private static String text(ByteBuffer buffer) {
        return US_ASCII.decode(buffer).toString();
    }
}
