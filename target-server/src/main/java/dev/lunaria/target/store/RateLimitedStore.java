package dev.lunaria.target.store;

import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that lets only so many operations and bytes through in a second; what comes too early
 * waits in one queue, first come, first served. A decorator: nearest to the logical unit, so that
 * what waits has not begun.
 *
 * <p>Any thread; its lock is held for a few instructions. At most {@link #MAX_WAITING} operations
 * and {@link #MAX_WAITING_BYTES} wait, as each keeps its buffer, which others need; beyond that an
 * operation fails with BUSY, and its initiator sends it again. While somebody waits for a drain
 * everything passes: a fence must not wait for what is held back here.
 */
public final class RateLimitedStore implements BlockStore {

    /** So many operations wait at most. */
    static final int MAX_WAITING = 1024;

    /** So many bytes wait at most; one operation alone may have more. */
    static final long MAX_WAITING_BYTES = 4L << 20;

    private final BlockStore store;
    private final LongSupplier nanoTime;
    private final Alarm alarm;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private @Nullable TokenBucket operations;
    private @Nullable TokenBucket bytes;
    private long waitingBytes;
    private int drains;
    private boolean releasing;
    private boolean alarmed;
    private volatile boolean limited;

    /** Wakes up later. */
    public interface Alarm {
        /** Runs something after so long, on a thread that it mustn't block. */
        void in(long nanos, Runnable what);
    }

    private record Waiting(long size, Runnable start, StoreCompletion completion) {}

    /**
     * Without limits at first.
     *
     * @param nanoTime a clock that never goes back
     */
    public RateLimitedStore(BlockStore store, LongSupplier nanoTime, Alarm alarm) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.alarm = alarm;
    }

    /**
     * Limits it so from the next operation on, those that wait included.
     *
     * @param operationsPerSecond 0: no limit
     * @param bytesPerSecond read and written; 0: no limit
     */
    public void limit(long operationsPerSecond, long bytesPerSecond) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            operations = changed(operations, operationsPerSecond, now);
            bytes = changed(bytes, bytesPerSecond, now);
            limited = operations != null || bytes != null;
        } finally {
            lock.unlock();
        }
        release();
    }

    private static @Nullable TokenBucket changed(
            @Nullable TokenBucket bucket, long rate, long now) {
        if (rate == 0) {
            return null;
        }
        if (bucket == null) {
            return new TokenBucket(rate, now);
        }
        bucket.change(rate, now);
        return bucket;
    }

    /** Somebody waits until what was begun is over: nothing is held back until that ends. */
    public void drainBegins() {
        lock.lock();
        try {
            drains++;
        } finally {
            lock.unlock();
        }
        release();
    }

    /** As many times as {@link #drainBegins}. */
    public void drainEnded() {
        lock.lock();
        try {
            drains--;
        } finally {
            lock.unlock();
        }
    }

    /** How many operations wait. */
    int waiting() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long size() {
        return store.size();
    }

    @Override
    public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
        Runnable later = () -> readNow(offset, into, whenPending);
        return passes(into.remaining(), later, whenPending)
                ? store.read(offset, into, whenPending)
                : new ReadAnswer.Pending();
    }

    /** Who was told to wait finds the bytes in the buffer, wherever they come from. */
    private void readNow(long offset, ByteBuffer into, StoreCompletion whenPending) {
        switch (store.read(offset, into, whenPending)) {
            case ReadAnswer.Filled _ -> whenPending.done();
            case ReadAnswer.FileRange range -> {
                try {
                    range.copyTo(into);
                } catch (StoreException e) {
                    whenPending.failed(e);
                    return;
                }
                whenPending.done();
            }
            case ReadAnswer.Pending _ -> {}
        }
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        run(from.remaining(), () -> store.write(offset, from, durable, completion), completion);
    }

    @Override
    public void flush(StoreCompletion completion) {
        run(0, () -> store.flush(completion), completion);
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        run(0, () -> store.discard(offset, length, completion), completion);
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        run(0, () -> store.writeZeroes(offset, length, completion), completion);
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length);
    }

    /** What waits goes on first. */
    @Override
    public void close() throws StoreException {
        drainBegins();
        store.close();
    }

    private void run(long size, Runnable operation, StoreCompletion completion) {
        if (passes(size, operation, completion)) {
            operation.run();
        }
    }

    /** Whether an operation may go on at once; otherwise it waits here, or has failed. */
    private boolean passes(long size, Runnable later, StoreCompletion completion) {
        if (!limited) {
            return true;
        }
        lock.lock();
        try {
            if (queue.isEmpty() && !releasing && mayGo()) {
                pay(size);
                return true;
            }
            if (queue.size() < MAX_WAITING
                    && (queue.isEmpty() || waitingBytes + size <= MAX_WAITING_BYTES)) {
                queue.add(new Waiting(size, later, completion));
                waitingBytes += size;
                wakeLater();
                return false;
            }
        } finally {
            lock.unlock();
        }
        completion.failed(
                new StoreException(Reason.BUSY, "too much waits for the volume's limits"));
        return false;
    }

    private boolean mayGo() {
        return !limited || drains > 0 || nanosUntilOpen() == 0;
    }

    private long nanosUntilOpen() {
        long now = nanoTime.getAsLong();
        long wait = operations == null ? 0 : operations.nanosUntilOpen(now);
        return bytes == null ? wait : Math.max(wait, bytes.nanosUntilOpen(now));
    }

    private void pay(long size) {
        pay(operations, 1);
        pay(bytes, size);
    }

    /** What a drain let through costs whoever comes next a burst at most. */
    private void pay(@Nullable TokenBucket bucket, long price) {
        if (bucket != null) {
            bucket.take(price);
            if (drains > 0) {
                bucket.forgive();
            }
        }
    }

    private void wakeLater() {
        if (!alarmed && !releasing) {
            alarmed = true;
            alarm.in(nanosUntilOpen(), this::wake);
        }
    }

    private void wake() {
        lock.lock();
        try {
            alarmed = false;
        } finally {
            lock.unlock();
        }
        release();
    }

    /** Lets go what may go, in order: one thread at a time, the others leave it to that one. */
    private void release() {
        for (Waiting next = next(false); next != null; next = next(true)) {
            try {
                next.start().run();
            } catch (RuntimeException e) {
                next.completion()
                        .failed(
                                new StoreException(
                                        Reason.WRITE, "it failed as it was let go: " + e, e));
            }
        }
    }

    /** The next that may go; null, and nobody is releasing any more, where none may. */
    private @Nullable Waiting next(boolean isReleasing) {
        lock.lock();
        try {
            if (releasing && !isReleasing) {
                return null;
            }
            Waiting first = queue.peek();
            releasing = first != null && mayGo();
            if (first == null) {
                return null;
            }
            if (!releasing) {
                wakeLater();
                return null;
            }
            queue.remove();
            waitingBytes -= first.size();
            pay(first.size());
            return first;
        } finally {
            lock.unlock();
        }
    }
}
