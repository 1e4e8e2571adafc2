package dev.lunaria.node.disk;

import java.nio.ByteBuffer;

/**
 * The bytes behind a user-space disk, asked for asynchronously. Called by several threads at once;
 * an implementation guards itself. The caller keeps at most a fixed number of requests in flight
 * (see the user-space disk's queue depth), so an implementation needs no bound of its own.
 *
 * <p>For all requests:
 *
 * <ul>
 *   <li>Offsets and lengths are bytes, multiples of {@link #blockBytes()}, at least one block, and
 *       within {@link #sizeBytes()}: the caller has checked them.
 *   <li>A call hands the request over and returns without waiting for I/O. It never throws: what
 *       goes wrong is given to the {@link IoCompletion} as an errno.
 *   <li>The completion may be called before the call returns, on the calling thread.
 *   <li>Requests in flight at the same time have no order, even where they overlap.
 *   <li>A buffer belongs to the implementation from the call until the completion. It may move the
 *       buffer's position; the caller does not look at it afterwards.
 *   <li>A request that can't be answered for now (the target is away) is kept and answered later,
 *       by success or by errno; it must be answered some time.
 * </ul>
 */
public interface BlockIo {

    /** The size now, in bytes; may grow while the disk is open, never shrinks. */
    long sizeBytes();

    /** The logical block size in bytes: 512 or 4096, the same for as long as the disk is open. */
    int blockBytes();

    /** Fills {@code into} (direct; from its position to its limit) from {@code offset}. */
    void read(long offset, ByteBuffer into, IoCompletion done);

    /**
     * Writes {@code from} (direct; from its position to its limit) at {@code offset}. Done means
     * that later reads see it, not that it is durable.
     */
    void write(long offset, ByteBuffer from, IoCompletion done);

    /**
     * Makes durable every write, discard and writeZeroes that was completed before this call. Once
     * a flush has failed, later flushes may succeed only if nothing was lost.
     */
    void flush(IoCompletion done);

    /**
     * Gives the range's space back where that is possible; afterwards it reads as zeroes in any
     * case. The kernel's loop driver sends discards and most of its zeroing as the same request, so
     * the zeroes are a duty: over SCSI this is WRITE SAME with its UNMAP bit, not the UNMAP command
     * (SBC-3: it promises nothing about what is read afterwards).
     */
    void discard(long offset, long length, IoCompletion done);

    /** Makes the range read as zeroes and keeps its space allocated where the backing can. */
    void writeZeroes(long offset, long length, IoCompletion done);
}
