package dev.lunaria.target.store;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A file that is copied, read through the page cache: so what was written to it and not flushed is
 * in the copy as well. Any thread; owns its descriptor.
 */
public final class FileCopySource implements CopySource {

    private final Descriptor file;

    /** A file that is open for reading. */
    public FileCopySource(Descriptor file) {
        this.file = file;
    }

    @Override
    public List<BlockStore.Range> allocated(long offset, long length) throws LinuxException {
        return SparseFiles.dataRanges(file, offset, length);
    }

    @Override
    public long nextData(long offset, long end) throws LinuxException {
        long data = FileControl.seekData(file, offset);
        return data == FileControl.NO_MORE_DATA ? end : Math.min(data, end);
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        int bytes = FileIo.readFully(file, into.duplicate(), offset);
        if (bytes < into.remaining()) {
            throw new IOException("%s ends at %d".formatted(file.name(), offset + bytes));
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
