package dev.lunaria.target.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy of what a file holds at one instant, made chunk by chunk: in the background, and ahead of
 * each change of a chunk that isn't copied yet.
 *
 * <p>Any thread; its lock is held for a few instructions, never while a byte is moved. At most
 * {@link #AHEAD_OF_WRITES} chunks are copied at once because changes wait for them, and one in the
 * background; those that wait are bounded by the changes under way. A bit for each of at most
 * {@link #MAX_CHUNKS} chunks.
 *
 * <p>A chunk is copied once, and only while nobody changes it: who wants to change it waits until
 * it is copied. A copy that fails lets all of them go: it is lost, what is written is not.
 */
public final class ChunkedCopy {

    /** A chunk has at least so many bytes. */
    public static final int SMALLEST_CHUNK_BYTES = 256 << 10;

    /** A copy has at most so many chunks: larger files have larger chunks. */
    public static final int MAX_CHUNKS = 1 << 22;

    private static final int AHEAD_OF_WRITES = 2;
    private static final int PIECE_BYTES = 256 << 10;
    private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(PIECE_BYTES);

    private static final Logger LOG = LoggerFactory.getLogger(ChunkedCopy.class);

    /** One for each thread that copies: the store's, and those of background copies. */
    private static final ThreadLocal<ByteBuffer> PIECE =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(PIECE_BYTES));

    private final CopySource source;
    private final CopyDestination destination;
    private final long size;
    private final long chunkBytes;
    private final int chunks;
    private final Executor blocking;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final BitSet copied = new BitSet();
    private final Map<Integer, List<Passage>> underWay = new HashMap<>();
    private final ArrayDeque<Integer> wanted = new ArrayDeque<>();
    private int workers;
    private int moving;
    private int next;
    private boolean ended;
    private @Nullable IOException failure;

    /**
     * Begins nothing yet.
     *
     * @param destination reads as zeros
     * @param size in bytes, of what is to be copied
     * @param blocking where chunks are copied for whose change somebody waits
     */
    public ChunkedCopy(
            CopySource source, CopyDestination destination, long size, Executor blocking) {
        this.source = source;
        this.destination = destination;
        this.size = size;
        long smallest = SMALLEST_CHUNK_BYTES;
        while (size / smallest >= MAX_CHUNKS) {
            smallest *= 2;
        }
        this.chunkBytes = smallest;
        this.chunks = Math.toIntExact((size + chunkBytes - 1) / chunkBytes);
        this.blocking = blocking;
    }

    /**
     * Runs {@code change} once nothing of the range is missing in the copy: now, or later on
     * another thread. Never blocks.
     */
    void beforeChange(long offset, long length, Runnable change) {
        if (offset >= size || length <= 0) {
            change.run();
            return;
        }
        int first = (int) (offset / chunkBytes);
        int last = (int) ((Math.min(offset + length, size) - 1) / chunkBytes);
        new Passage(first, last, change).goOn();
    }

    /** Where an earlier copy may have written: the destination reads as zeros again. May block. */
    public void clearDestination() throws IOException {
        destination.clear();
    }

    /**
     * Copies the next chunk of those that nobody has begun. Blocks on the disk; one thread at a
     * time.
     *
     * @return whether there was one; false also where the copy has failed
     */
    public boolean copyNext() {
        int chunk;
        try {
            skipHole();
        } catch (IOException | RuntimeException e) {
            fail(asIo(e));
            return false;
        }
        lock.lock();
        try {
            chunk = nextUntouched(next);
            if (ended || chunk >= chunks) {
                return false;
            }
            next = chunk + 1;
            underWay.put(chunk, new ArrayList<>());
            moving++;
        } finally {
            lock.unlock();
        }
        copy(chunk);
        return true;
    }

    /**
     * After the last chunk: waits until those are copied too that others had begun, and makes all
     * durable.
     *
     * @throws IOException the copy has failed, and is of no use
     */
    public void finish() throws IOException, InterruptedException {
        lock.lock();
        try {
            while (!ended && copied.cardinality() < chunks) {
                idle.await();
            }
        } finally {
            lock.unlock();
        }
        IOException failed = failure();
        if (failed != null) {
            throw failed;
        }
        destination.sync();
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
    }

    /** The copy is of no use any more: lets all go that wait for it. */
    public void fail(IOException cause) {
        List<Passage> waiting = new ArrayList<>();
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            failure = cause;
            underWay.values().forEach(waiting::addAll);
            underWay.clear();
            wanted.clear();
            idle.signalAll();
        } finally {
            lock.unlock();
        }
        waiting.forEach(Passage::goOn);
    }

    /** Why it failed; null: it didn't. */
    public @Nullable IOException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that are still to be copied, at most: those of holes count until they are met. */
    public long remainingBytes() {
        lock.lock();
        try {
            return Math.min(size, (chunks - copied.cardinality()) * chunkBytes);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the bytes that are being moved, and closes both files. What isn't whole gives its
     * space back.
     */
    public void close() {
        fail(new IOException("the copy was given up"));
        lock.lock();
        try {
            while (moving > 0) {
                idle.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        source.close();
        if (failure() != null) {
            try {
                destination.clear();
            } catch (IOException e) {
                LOG.warn("a copy that failed keeps its space until it is deleted", e);
            }
        }
        destination.close();
    }

    /** All chunks that lie before the next data are copied: they read as zeros. */
    private void skipHole() throws IOException {
        int from;
        lock.lock();
        try {
            from = nextUntouched(next);
            if (ended || from >= chunks) {
                return;
            }
            moving++;
        } finally {
            lock.unlock();
        }
        long data;
        try {
            data = source.nextData(from * chunkBytes, size);
        } finally {
            moved();
        }
        int until = data >= size ? chunks : (int) (data / chunkBytes);
        lock.lock();
        try {
            // Who began one of them meanwhile copies it himself: it may have data by now.
            for (int chunk = from; chunk < until; chunk = nextUntouched(chunk + 1)) {
                copied.set(chunk);
            }
            next = Math.max(from, until);
            if (copied.cardinality() == chunks) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private int nextUntouched(int from) {
        int chunk = copied.nextClearBit(from);
        while (chunk < chunks && underWay.containsKey(chunk)) {
            chunk = copied.nextClearBit(chunk + 1);
        }
        return chunk;
    }

    private void copy(int chunk) {
        try {
            move(chunk * chunkBytes, Math.min(size, (chunk + 1) * chunkBytes));
        } catch (IOException | RuntimeException e) {
            moved();
            fail(asIo(e));
            return;
        }
        List<Passage> waiting;
        lock.lock();
        try {
            List<Passage> waited = underWay.remove(chunk);
            waiting = waited == null ? List.of() : waited;
            copied.set(chunk);
            if (copied.cardinality() == chunks) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
        moved();
        waiting.forEach(Passage::goOn);
    }

    private void moved() {
        lock.lock();
        try {
            moving--;
            idle.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void move(long from, long until) throws IOException {
        ByteBuffer piece = PIECE.get();
        for (BlockStore.Range data : source.allocated(from, until - from)) {
            long end = data.offset() + data.length();
            for (long at = data.offset(); at < end; at += piece.limit()) {
                piece.clear().limit((int) Math.min(end - at, PIECE_BYTES));
                source.read(at, piece);
                // What is zero stays a hole.
                if (!piece.equals(ZEROES.slice(0, piece.limit()))) {
                    destination.write(at, piece);
                }
            }
        }
    }

    private void work() {
        while (true) {
            int chunk;
            lock.lock();
            try {
                Integer first = wanted.poll();
                if (first == null) {
                    workers--;
                    return;
                }
                chunk = first;
                moving++;
            } finally {
                lock.unlock();
            }
            copy(chunk);
        }
    }

    private static IOException asIo(Exception cause) {
        return cause instanceof IOException io ? io : new IOException(cause);
    }

    /** A change on its way through the chunks of its range; one at a time is copied for it. */
    private final class Passage {
        private final int last;
        private final Runnable change;
        private int at;

        Passage(int first, int last, Runnable change) {
            this.at = first;
            this.last = last;
            this.change = change;
        }

        void goOn() {
            boolean startWorker = false;
            boolean through = false;
            lock.lock();
            try {
                at = copied.nextClearBit(at);
                if (ended || at > last) {
                    through = true;
                } else if (underWay.containsKey(at)) {
                    underWay.get(at).add(this);
                } else {
                    underWay.put(at, new ArrayList<>(List.of(this)));
                    wanted.add(at);
                    startWorker = workers < AHEAD_OF_WRITES;
                    workers += startWorker ? 1 : 0;
                }
            } finally {
                lock.unlock();
            }
            if (through) {
                runChange();
            } else if (startWorker) {
                start();
            }
        }

        private void start() {
            try {
                blocking.execute(ChunkedCopy.this::work);
            } catch (RejectedExecutionException e) {
                fail(new IOException("no thread can be had to copy", e));
            }
        }

        /** One that throws spoils nothing but itself: others wait behind it. */
        private void runChange() {
            try {
                change.run();
            } catch (RuntimeException | Error e) {
                LOG.error("A change failed behind a copy; those behind it go on", e);
            }
        }
    }
}
