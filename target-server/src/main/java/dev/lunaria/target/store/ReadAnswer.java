package dev.lunaria.target.store;

import dev.lunaria.iscsi.pdu.Payload;
import java.nio.channels.FileChannel;

/**
 * How {@link BlockStore#read} answers; decided in the store, because only it knows where the bytes
 * are.
 */
public sealed interface ReadAnswer {

    /** The bytes are in the buffer. */
    record Filled() implements ReadAnswer {}

    /**
     * The bytes are in the page cache, and may go out by sendfile; the buffer was not touched.
     *
     * @param position in bytes from the file's start
     */
    record FileRange(FileChannel file, long position, int length)
            implements ReadAnswer, Payload.Region {}

    /** A store thread will fill the buffer, and then call the completion. */
    record Pending() implements ReadAnswer {}
}
