package dev.lunaria.target.store;

import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A store of which copies can be taken at one instant while it is used. A decorator, right around
 * the file.
 *
 * <p>Any thread; its lock is held for a few instructions. {@link #hold} keeps changes back until
 * {@link #letGo}, so that an instant can be fixed between them; from then on each change first has
 * copied out what it is about to change, for every {@link ChunkedCopy} that is attached. What waits
 * here is bounded by what the sessions' windows let through.
 *
 * <p>A copy never makes a change fail: where it can't go on it ends, and lets the changes pass.
 */
public final class CopyBeforeWriteStore implements BlockStore {

    private final BlockStore store;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Change> heldBack = new ArrayList<>();
    private final List<CompletableFuture<Void>> waitingForIdle = new ArrayList<>();
    private int holds;
    private int underWay;
    private volatile List<ChunkedCopy> copies = List.of();

    public CopyBeforeWriteStore(BlockStore store) {
        this.store = store;
    }

    /**
     * Holds back changes that begin from now on, until as many calls of {@link #letGo}. Reads and
     * flushes pass.
     *
     * @return completed when those are over that began before
     */
    public CompletableFuture<Void> hold() {
        lock.lock();
        try {
            holds++;
            if (underWay == 0) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> idle = new CompletableFuture<>();
            waitingForIdle.add(idle);
            return idle;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go what was held back. */
    public void letGo() {
        List<Change> free;
        lock.lock();
        try {
            holds--;
            if (holds > 0) {
                return;
            }
            free = List.copyOf(heldBack);
            heldBack.clear();
            underWay += free.size();
        } finally {
            lock.unlock();
        }
        free.forEach(Change::start);
    }

    /** From now on the copy hears of each change before it happens; only while changes are held. */
    public void attach(ChunkedCopy copy) {
        lock.lock();
        try {
            if (holds == 0 || underWay > 0) {
                throw new IllegalStateException("a copy begins while nothing changes");
            }
            List<ChunkedCopy> more = new ArrayList<>(copies);
            more.add(copy);
            copies = List.copyOf(more);
        } finally {
            lock.unlock();
        }
    }

    /** The copy is whole, or of no use any more. */
    public void detach(ChunkedCopy copy) {
        lock.lock();
        try {
            copies = copies.stream().filter(other -> other != copy).toList();
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
        return store.read(offset, into, whenPending);
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        change(
                new Change(
                        offset,
                        from.remaining(),
                        completion,
                        end -> store.write(offset, from, durable, end)));
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        change(new Change(offset, length, completion, end -> store.discard(offset, length, end)));
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        change(
                new Change(
                        offset, length, completion, end -> store.writeZeroes(offset, length, end)));
    }

    @Override
    public void flush(StoreCompletion completion) {
        store.flush(completion);
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length);
    }

    @Override
    public void close() throws StoreException {
        copies.forEach(copy -> copy.fail(new IOException("the LUN's file is being closed")));
        store.close();
    }

    private void change(Change change) {
        lock.lock();
        try {
            if (holds > 0) {
                heldBack.add(change);
                return;
            }
            underWay++;
        } finally {
            lock.unlock();
        }
        change.start();
    }

    private void ended() {
        List<CompletableFuture<Void>> idle = List.of();
        lock.lock();
        try {
            underWay--;
            if (underWay == 0) {
                idle = List.copyOf(waitingForIdle);
                waitingForIdle.clear();
            }
        } finally {
            lock.unlock();
        }
        idle.forEach(waiting -> waiting.complete(null));
    }

    /** What is done to the store, and whom it tells. */
    private interface Operation {
        void start(StoreCompletion end);
    }

    /** One change on its way to the store; counted out once, before its completion hears of it. */
    private final class Change implements StoreCompletion {
        private final long offset;
        private final long length;
        private final StoreCompletion completion;
        private final Operation operation;
        private final AtomicBoolean isOver = new AtomicBoolean();

        Change(long offset, long length, StoreCompletion completion, Operation operation) {
            this.offset = offset;
            this.length = length;
            this.completion = completion;
            this.operation = operation;
        }

        void start() {
            after(copies, 0);
        }

        private void after(List<ChunkedCopy> all, int index) {
            if (index < all.size()) {
                all.get(index).beforeChange(offset, length, () -> after(all, index + 1));
                return;
            }
            try {
                operation.start(this);
            } catch (RuntimeException | Error e) {
                if (!isOver.get()) {
                    failed(new StoreException(Reason.WRITE, String.valueOf(e.getMessage()), e));
                }
            }
        }

        private void over() {
            if (isOver.compareAndSet(false, true)) {
                ended();
            }
        }

        @Override
        public void done() {
            over();
            completion.done();
        }

        @Override
        public void failed(StoreException cause) {
            over();
            completion.failed(cause);
        }
    }
}
