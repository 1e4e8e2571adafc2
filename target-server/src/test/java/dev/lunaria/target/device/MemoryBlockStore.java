package dev.lunaria.target.device;

import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.ReadAnswer;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A block store in memory that a test holds up, fails, and robs of what was not flushed.
 *
 * <p>Guarded by its own lock; completions are called on the thread that asks or that lets go.
 * Bounded by its size: it allocates what is written, in pieces of 512 bytes.
 */
final class MemoryBlockStore implements BlockStore {
    static final int PIECE = 512;

    /** How a read that could be answered at once is answered. */
    enum Reads {
        FILLED,
        PENDING
    }

    private final TreeMap<Long, byte[]> now = new TreeMap<>();
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private TreeMap<Long, byte[]> durable = new TreeMap<>();
    private long size;
    private Reads reads = Reads.FILLED;
    private boolean holding;
    private boolean closed;
    private boolean broken;
    private @Nullable Reason failure;
    private @Nullable Reason flushFailure;
    private int flushes;

    MemoryBlockStore(long size) {
        this.size = size;
    }

    @Override
    public synchronized long size() {
        return size;
    }

    /** Another size from now on. */
    synchronized void resize(long bytes) {
        size = bytes;
    }

    /** How reads answer from now on. */
    synchronized void reads(Reads how) {
        reads = how;
    }

    /** Operations wait from now on, until {@link #release}. */
    synchronized void hold() {
        holding = true;
    }

    /** Carries out what waits, in its order, and holds nothing any more. */
    void release() {
        List<Runnable> waiting;
        synchronized (this) {
            holding = false;
            waiting = new ArrayList<>(held);
            held.clear();
        }
        waiting.forEach(Runnable::run);
    }

    /** Carries out one of those that wait, whichever; others go on waiting. */
    void releaseOne(RandomGenerator random) {
        Runnable chosen;
        synchronized (this) {
            List<Runnable> waiting = new ArrayList<>(held);
            chosen = waiting.remove(random.nextInt(waiting.size()));
            held.clear();
            held.addAll(waiting);
        }
        chosen.run();
    }

    /** How many operations wait. */
    synchronized int waiting() {
        return held.size();
    }

    /** Reads, writes and discards throw, as where the code has a bug or memory ends. */
    synchronized void breakDown(boolean down) {
        broken = down;
    }

    /** Reads, writes and discards fail so from now on; null: they succeed. */
    synchronized void fail(@Nullable Reason reason) {
        failure = reason;
    }

    /** Flushes fail so from now on; null: they succeed. */
    synchronized void failFlushes(@Nullable Reason reason) {
        flushFailure = reason;
    }

    /** How many flushes succeeded. */
    synchronized int flushes() {
        return flushes;
    }

    /** The power fails: what was not flushed is gone. */
    synchronized void losePower() {
        now.clear();
        now.putAll(durable);
    }

    /** Whether anything is allocated. */
    synchronized boolean isEmpty() {
        return now.isEmpty();
    }

    @Override
    public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
        synchronized (this) {
            check(offset, into.remaining());
            if (!holding && failure == null && reads == Reads.FILLED && !closed) {
                fill(offset, into);
                return new ReadAnswer.Filled();
            }
        }
        run(whenPending, () -> fill(offset, into));
        return new ReadAnswer.Pending();
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean fua, StoreCompletion completion) {
        check(offset, from.remaining());
        run(
                fua ? flushAfter(completion) : completion,
                () -> {
                    for (int at = 0; at < from.remaining(); at += PIECE) {
                        byte[] piece = new byte[PIECE];
                        from.get(from.position() + at, piece);
                        now.put(offset + at, piece);
                    }
                });
    }

    private StoreCompletion flushAfter(StoreCompletion completion) {
        return new StoreCompletion() {
            @Override
            public void done() {
                flush(completion);
            }

            @Override
            public void failed(StoreException cause) {
                completion.failed(cause);
            }
        };
    }

    @Override
    public void flush(StoreCompletion completion) {
        Runnable flushing = () -> flushNow(completion);
        if (!park(flushing)) {
            flushing.run();
        }
    }

    private void flushNow(StoreCompletion completion) {
        Reason reason;
        synchronized (this) {
            reason = closed ? Reason.CLOSED : flushFailure;
            if (reason == null) {
                durable = new TreeMap<>(now);
                flushes++;
            }
        }
        tell(completion, reason);
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        check(offset, length);
        run(completion, () -> now.subMap(offset, offset + length).clear());
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        discard(offset, length, completion);
    }

    @Override
    public synchronized List<Range> allocated(long offset, long length) throws StoreException {
        if (closed) {
            throw new StoreException(Reason.CLOSED, "closed");
        }
        List<Range> ranges = new ArrayList<>();
        for (long at : now.subMap(offset, offset + length).keySet()) {
            Range last = ranges.isEmpty() ? new Range(-1, 0) : ranges.getLast();
            if (last.offset() + last.length() == at) {
                ranges.set(ranges.size() - 1, new Range(last.offset(), last.length() + PIECE));
            } else {
                ranges.add(new Range(at, PIECE));
            }
        }
        return ranges;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    private synchronized void fill(long offset, ByteBuffer into) {
        for (int at = 0; at < into.remaining(); at += PIECE) {
            byte[] piece = now.getOrDefault(offset + at, new byte[PIECE]);
            into.put(into.position() + at, piece);
        }
    }

    private void run(StoreCompletion completion, Runnable action) {
        Runnable whole =
                () -> {
                    Reason reason;
                    synchronized (this) {
                        reason = closed ? Reason.CLOSED : failure;
                        if (reason == null) {
                            action.run();
                        }
                    }
                    tell(completion, reason);
                };
        if (!park(whole)) {
            whole.run();
        }
    }

    private synchronized boolean park(Runnable action) {
        if (holding) {
            held.add(action);
        }
        return holding;
    }

    private static void tell(StoreCompletion completion, @Nullable Reason reason) {
        if (reason == null) {
            completion.done();
        } else {
            completion.failed(new StoreException(reason, "asked for"));
        }
    }

    private synchronized void check(long offset, long length) {
        if (broken) {
            throw new IllegalStateException("broken down");
        }
        if (offset < 0 || length <= 0 || offset % PIECE != 0 || length % PIECE != 0) {
            throw new IllegalArgumentException(offset + " + " + length);
        }
        if (offset + length > size) {
            throw new IllegalArgumentException("beyond the size: " + offset + " + " + length);
        }
    }
}
