package dev.lunaria.target;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.target.catalog.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Files of a catalog on a filesystem that is full while a test says so. Any thread. */
final class FullFiles implements DurableFiles {
    private final DurableFiles files;
    volatile boolean full;

    FullFiles(DurableFiles files) {
        this.files = files;
    }

    private void requireSpace(Path path) throws LinuxException {
        if (full) {
            throw new LinuxException("pwritev2", Errno.ENOSPC, path.toString());
        }
    }

    @Override
    public byte[] read(Path file) throws IOException {
        return files.read(file);
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        return files.list(folder);
    }

    @Override
    public boolean exists(Path path) {
        return files.exists(path);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        requireSpace(folder);
        files.createFolder(folder);
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        requireSpace(file);
        files.write(file, content);
    }

    @Override
    public void createSparse(Path file, long bytes) throws IOException {
        requireSpace(file);
        files.createSparse(file, bytes);
    }

    @Override
    public void extend(Path file, long bytes) throws IOException {
        requireSpace(file);
        files.extend(file, bytes);
    }

    @Override
    public void reflink(Path from, Path into) throws IOException {
        requireSpace(into);
        files.reflink(from, into);
    }

    @Override
    public long size(Path file) throws IOException {
        return files.size(file);
    }

    @Override
    public void sync(Path file) throws IOException {
        files.sync(file);
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        files.syncFolder(folder);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        files.rename(from, to);
    }

    @Override
    public void remove(Path path) throws IOException {
        files.remove(path);
    }
}
