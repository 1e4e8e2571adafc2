package dev.lunaria.target.store;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import java.nio.ByteBuffer;

/** A sparse file that is filled by a copy. Any thread; owns its descriptor. */
public final class FileCopyDestination implements CopyDestination {

    private final Descriptor file;

    /** A file that is open for writing and has its length already. */
    public FileCopyDestination(Descriptor file) {
        this.file = file;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws LinuxException {
        FileIo.writeFully(file, from.duplicate(), offset, 0);
    }

    @Override
    public void sync() throws LinuxException {
        FileControl.fsync(file);
    }

    @Override
    public void clear() throws LinuxException {
        FileControl.punchHole(file, 0, FileStatus.of(file).sizeBytes());
    }

    @Override
    public void close() {
        file.close();
    }
}
