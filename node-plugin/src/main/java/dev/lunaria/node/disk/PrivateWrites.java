package dev.lunaria.node.disk;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Bytes that are only read, with writes that nobody else sees: they go to a scratch file, are read
 * back from it, and end with it. So that the journal of a filesystem can be replayed that is to be
 * mounted read-only, on as many nodes at once as read it.
 *
 * <p>Called by several threads; one thread of its own does the work and owns what was written. At
 * most {@link #LIMIT} bytes are kept, more than the largest journals have; what is beyond them is
 * refused with ENOSPC.
 */
public final class PrivateWrites implements BlockIo, AutoCloseable {
    /** Bytes that are kept. XFS has the largest logs, of 2 GiB at most. */
    public static final long LIMIT = 4L << 30;

    /** What one {@link BitSet} tells of. */
    private static final long CHUNK = 4L << 20;

    private final BlockIo below;
    private final Descriptor scratch;
    private final long limit;
    private final ExecutorService thread;
    private final Map<Long, BitSet> written = new HashMap<>();
    private long kept;

    private PrivateWrites(BlockIo below, Descriptor scratch, long limit, String name) {
        this.below = below;
        this.scratch = scratch;
        this.limit = limit;
        this.thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name(name).factory());
    }

    /**
     * Nothing is written yet.
     *
     * @param below is only read, and stays its owner's
     * @param scratch a file that is made, and has no name from then on
     */
    public static PrivateWrites over(BlockIo below, Path scratch) throws IOException {
        return over(below, scratch, LIMIT);
    }

    static PrivateWrites over(BlockIo below, Path scratch, long limit) throws IOException {
        int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
        Descriptor file = FileIo.open(scratch, flags, 0600);
        try {
            Files.delete(scratch);
            return new PrivateWrites(below, file, limit, "private-" + scratch.getFileName());
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public long sizeBytes() {
        return below.sizeBytes();
    }

    @Override
    public int blockBytes() {
        return below.blockBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        run(done, () -> readAlone(offset, into, done));
    }

    private void readAlone(long offset, ByteBuffer into, IoCompletion done) throws LinuxException {
        int blocks = into.remaining() / blockBytes();
        int mine = count(offset, blocks);
        if (mine == 0) {
            below.read(offset, into, done);
        } else if (mine == blocks) {
            readScratch(offset, into);
            done.complete(0);
        } else {
            below.read(
                    offset,
                    into.duplicate(),
                    errno -> {
                        if (errno != 0) {
                            done.complete(errno);
                        } else {
                            run(done, () -> patch(offset, into, done));
                        }
                    });
        }
    }

    /** Puts over what was read below what was written. */
    private void patch(long offset, ByteBuffer into, IoCompletion done) throws LinuxException {
        int block = blockBytes();
        int start = into.position();
        int blocks = into.remaining() / block;
        for (int i = 0; i < blocks; i++) {
            int first = i;
            while (i < blocks && isWritten(offset + (long) i * block)) {
                i++;
            }
            if (i > first) {
                readScratch(
                        offset + (long) first * block,
                        into.slice(start + first * block, (i - first) * block));
            }
        }
        done.complete(0);
    }

    /** The scratch file ends with the last block that was written; zeroes follow. */
    private void readScratch(long offset, ByteBuffer into) throws LinuxException {
        FileIo.readFully(scratch, into, offset);
        while (into.hasRemaining()) {
            into.put((byte) 0);
        }
    }

    @Override
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        run(
                done,
                () -> {
                    int length = from.remaining();
                    if (!mark(offset, length)) {
                        done.complete(Errno.ENOSPC);
                        return;
                    }
                    FileIo.writeFully(scratch, from, offset, 0);
                    done.complete(0);
                });
    }

    /** What is written here is lost with the process anyway. */
    @Override
    public void flush(IoCompletion done) {
        done.complete(0);
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        writeZeroes(offset, length, done);
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        run(
                done,
                () -> {
                    if (!mark(offset, length)) {
                        done.complete(Errno.ENOSPC);
                        return;
                    }
                    FileControl.punchHole(scratch, offset, length);
                    done.complete(0);
                });
    }

    private int count(long offset, int blocks) {
        int count = 0;
        for (int i = 0; i < blocks; i++) {
            if (isWritten(offset + (long) i * blockBytes())) {
                count++;
            }
        }
        return count;
    }

    private boolean isWritten(long offset) {
        BitSet chunk = written.get(offset / CHUNK);
        return chunk != null && chunk.get((int) (offset % CHUNK / blockBytes()));
    }

    /** Takes a range for written; false, and nothing is changed, where that would be too much. */
    private boolean mark(long offset, long length) {
        int block = blockBytes();
        // The first comparison bounds the second one's work.
        if (length > limit) {
            return false;
        }
        int blocks = (int) (length / block);
        if ((long) (blocks - count(offset, blocks)) * block > limit - kept) {
            return false;
        }
        for (long at = offset; at < offset + length; at += block) {
            BitSet chunk = written.computeIfAbsent(at / CHUNK, key -> new BitSet());
            int bit = (int) (at % CHUNK / block);
            if (!chunk.get(bit)) {
                chunk.set(bit);
                kept += block;
            }
        }
        return true;
    }

    private interface Work {
        void run() throws LinuxException;
    }

    private void run(IoCompletion done, Work work) {
        try {
            thread.execute(() -> attempt(done, work));
        } catch (RejectedExecutionException closed) {
            done.complete(Errno.EIO);
        }
    }

    private static void attempt(IoCompletion done, Work work) {
        try {
            work.run();
        } catch (LinuxException e) {
            done.complete(e.errno());
        }
    }

    /** What was written is gone. Requests that come later fail with EIO. */
    @Override
    public void close() {
        thread.close();
        scratch.close();
    }
}
