package dev.lunaria.target.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where a {@link ChunkedCopy} writes: a file that reads as zeros. Any thread; all may block. */
public interface CopyDestination {

    /** Writes what is between the buffer's position and its limit, without moving them. */
    void write(long offset, ByteBuffer from) throws IOException;

    /** Makes everything durable that was written. */
    void sync() throws IOException;

    /** Gives back what was written: it reads as zeros again. */
    void clear() throws IOException;

    /** Called once, when nothing is written any more. */
    void close();
}
