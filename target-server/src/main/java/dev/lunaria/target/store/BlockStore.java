package dev.lunaria.target.store;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The bytes of one logical unit (in the end a sparse file), with decorators around it.
 *
 * <p>Called from many threads at once. A call never blocks: what may block is done on the store's
 * bounded pool, whose thread then calls the completion. Offsets and lengths are bytes, within the
 * size, and multiples of the store's block; who calls has checked that. Buffers are direct, used
 * from position to limit without moving them, and belong to the store until it answers.
 */
public interface BlockStore extends AutoCloseable {

    /** Size in bytes; may grow. */
    long size();

    /**
     * Reads into {@code into}.
     *
     * @param whenPending called exactly once if the answer is {@link ReadAnswer.Pending}, otherwise
     *     never
     */
    ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending);

    /**
     * Writes what is in {@code from}.
     *
     * @param durable whether it must survive power loss before it completes (FUA, SBC-3 §5.30)
     */
    void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion);

    /**
     * Makes everything that completed before this call durable: fdatasync.
     *
     * <p>Fails with FLUSH where any flush of the store failed since this call. A later call may
     * succeed although what was written before is lost: the caller remembers for whom.
     */
    void flush(StoreCompletion completion);

    /** Gives back the space of a range; it reads as zeros afterwards. */
    void discard(long offset, long length, StoreCompletion completion);

    /** Makes a range read as zeros; it may keep its space. */
    void writeZeroes(long offset, long length, StoreCompletion completion);

    /**
     * The ranges within the given one that may hold data, in order; the rest reads as zeros. May
     * block.
     */
    List<Range> allocated(long offset, long length) throws StoreException;

    /** Waits for what runs, then lets go of the file. May block. */
    @Override
    void close() throws StoreException;

    /** A range in bytes. */
    record Range(long offset, long length) {}

    /** Takes the outcome of a store operation, exactly once, on any thread. */
    interface StoreCompletion {
        /** It is done. */
        void done();

        /** It failed; what was to be written may or may not have been. */
        void failed(StoreException cause);
    }
}
