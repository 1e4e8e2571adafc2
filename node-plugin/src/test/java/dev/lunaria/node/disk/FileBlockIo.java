package dev.lunaria.node.disk;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Block I/O over a sparse file, as the network would do it: on threads of its own, several at once
 * and out of order. Counts what it was asked for; fails on demand.
 */
public final class FileBlockIo implements BlockIo, AutoCloseable {

    private final Descriptor file;
    private final int blockBytes;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final AtomicLong size;

    /** Requests so far. */
    public final AtomicInteger flushes = new AtomicInteger();

    public final AtomicInteger discards = new AtomicInteger();
    public final AtomicInteger zeroings = new AtomicInteger();
    public final AtomicInteger writes = new AtomicInteger();

    /** While true, requests are kept and not answered: the target is away. */
    public final AtomicBoolean away = new AtomicBoolean();

    private final Queue<Runnable> kept = new ConcurrentLinkedQueue<>();

    /** An errno that every write gets from now on, or 0. */
    public final AtomicInteger failWrites = new AtomicInteger();

    /** An errno that every flush gets from now on, or 0. */
    public final AtomicInteger failFlushes = new AtomicInteger();

    public FileBlockIo(Path path, long sizeBytes, int blockBytes) throws LinuxException {
        this.file = FileIo.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
        this.blockBytes = blockBytes;
        this.size = new AtomicLong(sizeBytes);
        FileControl.truncate(file, sizeBytes);
    }

    /** Makes it larger. */
    public void grow(long sizeBytes) throws LinuxException {
        FileControl.truncate(file, sizeBytes);
        size.set(sizeBytes);
    }

    @Override
    public long sizeBytes() {
        return size.get();
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        run(done, 0, () -> FileIo.readFully(file, into, offset));
    }

    @Override
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        writes.incrementAndGet();
        run(done, failWrites.get(), () -> FileIo.writeFully(file, from, offset, 0));
    }

    @Override
    public void flush(IoCompletion done) {
        flushes.incrementAndGet();
        run(done, failFlushes.get(), () -> FileControl.fdatasync(file));
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        discards.incrementAndGet();
        run(done, 0, () -> FileControl.punchHole(file, offset, length));
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        zeroings.incrementAndGet();
        run(done, 0, () -> FileControl.zeroRange(file, offset, length));
    }

    /** How many requests are kept. */
    public int keptRequests() {
        return kept.size();
    }

    /** The target is back: answers what was kept. */
    public void comeBack() {
        away.set(false);
        for (Runnable task = kept.poll(); task != null; task = kept.poll()) {
            threads.execute(task);
        }
    }

    @Override
    public void close() {
        comeBack();
        threads.close();
        file.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private void run(IoCompletion done, int failure, Work work) {
        Runnable task = () -> done.complete(failure != 0 ? failure : errnoOf(work));
        if (away.get()) {
            kept.add(task);
        } else {
            threads.execute(task);
        }
    }

    private static int errnoOf(Work work) {
        try {
            work.run();
            return 0;
        } catch (LinuxException e) {
            return e.errno();
        } catch (IOException e) {
            return Errno.EIO;
        }
    }
}
