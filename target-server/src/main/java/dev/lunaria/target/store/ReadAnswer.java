package dev.lunaria.target.store;

import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
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
            implements ReadAnswer, Payload.Region {

        /**
         * Copies the bytes, for who must look at them; from the page cache, so as good as without
         * blocking.
         *
         * @param into as long as the range, from its position on; not moved
         * @throws StoreException READ
         */
        public void copyTo(ByteBuffer into) throws StoreException {
            ByteBuffer rest = into.duplicate();
            try {
                while (rest.hasRemaining()) {
                    long at = position + length - rest.remaining();
                    if (file.read(rest, at) < 0) {
                        throw new StoreException(Reason.READ, "the file ends before " + at);
                    }
                }
            } catch (IOException e) {
                throw new StoreException(Reason.READ, String.valueOf(e.getMessage()), e);
            }
        }
    }

    /** A store thread will fill the buffer, and then call the completion. */
    record Pending() implements ReadAnswer {}
}
