package dev.lunaria.target.catalog;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The catalog's files in a real folder: fsync for files and for folders. Stateless: any thread;
 * every call may block in the kernel.
 */
public final class FolderFiles implements DurableFiles {

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final int OWNER_ONLY = 0600;

    private final Path root;

    public FolderFiles(Path root) {
        this.root = root;
    }

    @Override
    public byte[] read(Path file) throws IOException {
        return Files.readAllBytes(root.resolve(file));
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(root.resolve(folder))) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(root.resolve(path), LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        Files.createDirectory(root.resolve(folder), OWNER_ONLY_FOLDER);
    }

    /** By system calls of our own: who writes must tell ENOSPC from everything else. */
    @Override
    public void write(Path file, byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(content.length).put(content).flip();
        int flags = OpenFlags.O_CREAT | OpenFlags.O_WRONLY | OpenFlags.O_TRUNC;
        try (Descriptor opened = open(file, flags)) {
            FileIo.writeFully(opened, bytes, 0, 0);
        }
    }

    private Descriptor open(Path file, int flags) throws IOException {
        try {
            return FileIo.open(root.resolve(file), flags, OWNER_ONLY);
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                throw new NoSuchFileException(file.toString());
            }
            throw e;
        }
    }

    @Override
    public void createSparse(Path file, long bytes) throws IOException {
        Path path = root.resolve(file);
        Set<StandardOpenOption> options =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        FileChannel.open(path, options, OWNER_ONLY_FILE).close();
        try (RandomAccessFile opened = new RandomAccessFile(path.toFile(), "rw")) {
            opened.setLength(bytes);
        }
    }

    @Override
    public void extend(Path file, long bytes) throws IOException {
        try (Descriptor opened =
                FileIo.open(root.resolve(file), OpenFlags.O_WRONLY | OpenFlags.O_NOFOLLOW, 0)) {
            if (FileStatus.of(opened).sizeBytes() < bytes) {
                FileControl.truncate(opened, bytes);
            }
        } catch (LinuxException e) {
            if (e.is(Errno.EFBIG)) {
                throw new FileTooLongException(
                        "the pool's filesystem has no files of %d bytes".formatted(bytes), e);
            }
            throw e;
        }
    }

    @Override
    public void reflink(Path from, Path into) throws IOException {
        try (Descriptor source =
                        FileIo.open(
                                root.resolve(from), OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW, 0);
                Descriptor copy =
                        FileIo.open(
                                root.resolve(into), OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, 0)) {
            FileControl.reflink(source, copy);
        } catch (LinuxException e) {
            if (e.is(Errno.EOPNOTSUPP)
                    || e.is(Errno.EXDEV)
                    || e.is(Errno.EINVAL)
                    || e.is(Errno.ENOTTY)) {
                throw new UnsupportedOperationException(e);
            }
            throw e;
        }
    }

    @Override
    public long size(Path file) throws IOException {
        return Files.size(root.resolve(file));
    }

    @Override
    public void sync(Path file) throws IOException {
        try (Descriptor opened = open(file, OpenFlags.O_WRONLY)) {
            FileControl.fsync(opened);
        }
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        try (FileChannel channel =
                FileChannel.open(root.resolve(folder), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Path target = root.resolve(to);
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        Files.move(root.resolve(from), target, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void remove(Path path) throws IOException {
        Files.delete(root.resolve(path));
    }
}
