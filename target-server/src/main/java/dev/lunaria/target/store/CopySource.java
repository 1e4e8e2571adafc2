package dev.lunaria.target.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** What a {@link ChunkedCopy} reads: a file, which may be a LUN's. Any thread; all may block. */
public interface CopySource {

    /** The ranges within the given one that may hold data, in order; the rest reads as zeros. */
    List<BlockStore.Range> allocated(long offset, long length) throws IOException;

    /** Where data begin at or after the offset; {@code end} where there are none before it. */
    long nextData(long offset, long end) throws IOException;

    /** Fills the buffer from its position to its limit, without moving them. */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Called once, when nothing is read any more. */
    void close();
}
