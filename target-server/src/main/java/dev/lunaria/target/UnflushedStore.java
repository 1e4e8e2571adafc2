package dev.lunaria.target;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.ReadAnswer;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that notes durably who may have unflushed writes, before the first of them goes on; and
 * takes the note back when an idle store was flushed. A decorator: between the logical unit and the
 * file.
 *
 * <p>Any thread; its lock is held for a few instructions. While the note is being made writes wait
 * here, at most as many as the sessions' windows let through.
 */
final class UnflushedStore implements BlockStore {

    private static final Logger LOG = LoggerFactory.getLogger(UnflushedStore.class);

    private final BlockStore store;
    private final CatalogLun lun;
    private final String bootId;
    private final Executor blocking;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Writer> attached = new HashSet<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private Set<Writer> noted;
    private boolean changingNote;
    private boolean flushing;
    private long writes;
    private long writesAtLastSweep;
    private int running;
    private volatile boolean keepsNote;

    /** Of a flush that nobody had asked for, until somebody who flushes was told. */
    private final AtomicReference<@Nullable StoreException> failedFlush = new AtomicReference<>();

    private record Waiting(Runnable write, StoreCompletion completion) {}

    UnflushedStore(BlockStore store, CatalogLun lun, String bootId, Executor blocking) {
        this.store = store;
        this.lun = lun;
        this.bootId = bootId;
        this.blocking = blocking;
        this.noted = lun.unflushedWriters(bootId);
    }

    /** A session of this writer has begun: it may write from now on. */
    void attached(Writer writer) {
        lock.lock();
        try {
            attached.add(writer);
        } finally {
            lock.unlock();
        }
    }

    /** The last session of this writer has ended. */
    void detached(Writer writer) {
        lock.lock();
        try {
            attached.remove(writer);
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
        afterNote(completion, end -> store.write(offset, from, durable, end));
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        afterNote(completion, end -> store.discard(offset, length, end));
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        afterNote(completion, end -> store.writeZeroes(offset, length, end));
    }

    @Override
    public void flush(StoreCompletion completion) {
        if (!toldOfFailure(completion)) {
            store.flush(new Flushed(completion));
        }
    }

    /** Tells of a failed flush that nobody had asked for, to those who flush until one knows. */
    private boolean toldOfFailure(StoreCompletion completion) {
        StoreException failed = failedFlush.get();
        if (failed == null) {
            return false;
        }
        completion.failed(failed);
        failedFlush.compareAndSet(failed, null);
        return true;
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length);
    }

    /** Closing flushes: afterwards nothing is unflushed, if it succeeds. */
    @Override
    public void close() throws StoreException {
        try {
            store.close();
        } catch (StoreException e) {
            flushFailed(e);
            throw e;
        }
        if (failedFlush.get() == null && !keepsNote) {
            takeBack();
        }
    }

    /**
     * Begins a flush if there was no write since the last call; if there is none until its end
     * either, the note is taken back. Never blocks; called now and then by one thread.
     */
    void flushIfIdle() {
        long writesBefore;
        lock.lock();
        try {
            boolean idle = isIdleSince(writesAtLastSweep) && !changingNote && !flushing;
            writesAtLastSweep = writes;
            if (!idle || noted.isEmpty() || keepsNote || failedFlush.get() != null) {
                return;
            }
            flushing = true;
            writesBefore = writes;
        } finally {
            lock.unlock();
        }
        store.flush(new IdleFlush(writesBefore));
    }

    private boolean isIdleSince(long writesThen) {
        return writes == writesThen && running == 0;
    }

    /** Notes durably that the writers may have lost something, before one of them hears of it. */
    private void flushFailed(StoreException cause) {
        if (cause.reason() != Reason.FLUSH) {
            return;
        }
        try {
            lun.flushFailed();
        } catch (RefusedException e) {
            LOG.atDebug().addKeyValue("lun", lun.facts().id()).log("deleted meanwhile");
        } catch (IOException e) {
            keepsNote = true;
            LOG.atError()
                    .addKeyValue("lun", lun.facts().id())
                    .setCause(e)
                    .log(
                            "a flush failed, and who may have lost writes can't be noted: until the"
                                    + " target server stops they fail, afterwards they may not");
        }
    }

    /** Ends a flush that nobody had asked for, on a store's thread. */
    private final class IdleFlush implements StoreCompletion {
        private final long writesBefore;

        IdleFlush(long writesBefore) {
            this.writesBefore = writesBefore;
        }

        @Override
        public void done() {
            lock.lock();
            try {
                flushing = false;
                if (!isIdleSince(writesBefore) || changingNote) {
                    return;
                }
                // From here on writes wait until the note is gone, and then make a new one.
                changingNote = true;
            } finally {
                lock.unlock();
            }
            Set<Writer> left = Set.of();
            try {
                takeBack();
            } catch (StoreException e) {
                left = noted;
                LOG.atWarn()
                        .addKeyValue("lun", lun.facts().id())
                        .setCause(e)
                        .log("the note of unflushed writes stays; tried again when it is idle");
            }
            noteIs(left, null);
        }

        @Override
        public void failed(StoreException cause) {
            if (cause.reason() == Reason.FLUSH) {
                failedFlush.set(cause);
            }
            flushFailed(cause);
            lock.lock();
            try {
                flushing = false;
            } finally {
                lock.unlock();
            }
            if (cause.reason() == Reason.FLUSH) {
                LOG.atError()
                        .addKeyValue("lun", lun.facts().id())
                        .setCause(cause)
                        .log("flushing an idle LUN failed: its writers hear of it as they flush");
            }
        }
    }

    private void takeBack() throws StoreException {
        try {
            lun.allFlushed(bootId);
        } catch (RefusedException e) {
            LOG.atDebug().addKeyValue("lun", lun.facts().id()).log("deleted meanwhile");
        } catch (IOException e) {
            throw new StoreException(Reason.WRITE, "the note could not be taken back", e);
        }
    }

    /** Runs a write once it is noted that its writer may have unflushed ones. */
    private void afterNote(StoreCompletion completion, Write write) {
        Runnable start = () -> write.start(new Ended(completion));
        boolean makeNote = false;
        lock.lock();
        try {
            writes++;
            if (changingNote || !noted.containsAll(attached)) {
                waiting.add(new Waiting(start, completion));
                makeNote = !changingNote;
                changingNote = true;
            } else {
                running++;
            }
            if (changingNote && !makeNote) {
                return;
            }
        } finally {
            lock.unlock();
        }
        if (makeNote) {
            onPool(this::makeNote);
        } else {
            start.run();
        }
    }

    private void onPool(Runnable work) {
        try {
            blocking.execute(work);
        } catch (RejectedExecutionException e) {
            noteIs(noted, new StoreException(Reason.CLOSED, "the target server is stopping", e));
        }
    }

    private void makeNote() {
        Set<Writer> writers;
        lock.lock();
        try {
            writers = new HashSet<>(attached);
            writers.addAll(noted);
        } finally {
            lock.unlock();
        }
        try {
            lun.writes(writers, bootId);
            noteIs(writers, null);
        } catch (IOException e) {
            noteIs(noted, notNoted(StoreException.whyNotWritten(e), e));
        } catch (RefusedException e) {
            noteIs(noted, notNoted(Reason.WRITE, e));
        }
    }

    private static StoreException notNoted(Reason reason, Exception cause) {
        return new StoreException(
                reason, "who writes could not be noted: " + cause.getMessage(), cause);
    }

    /** The note is as it is now; lets go, or fails, the writes that waited for it. */
    private void noteIs(Set<Writer> writers, @Nullable StoreException failure) {
        List<Waiting> ready = List.of();
        boolean again;
        lock.lock();
        try {
            noted = Set.copyOf(writers);
            again = failure == null && !waiting.isEmpty() && !noted.containsAll(attached);
            changingNote = again;
            if (!again) {
                ready = List.copyOf(waiting);
                waiting.clear();
                running += failure == null ? ready.size() : 0;
            }
        } finally {
            lock.unlock();
        }
        if (again) {
            onPool(this::makeNote);
        }
        for (Waiting one : ready) {
            if (failure == null) {
                one.write().run();
            } else {
                one.completion().failed(failure);
            }
        }
    }

    private void ended() {
        lock.lock();
        try {
            running--;
        } finally {
            lock.unlock();
        }
    }

    /** A write, with whom to tell. */
    private interface Write {
        void start(StoreCompletion end);
    }

    /** Counts a write out before its completion hears of it. */
    private final class Ended implements StoreCompletion {
        private final StoreCompletion completion;

        Ended(StoreCompletion completion) {
            this.completion = completion;
        }

        @Override
        public void done() {
            ended();
            completion.done();
        }

        @Override
        public void failed(StoreException cause) {
            flushFailed(cause);
            ended();
            completion.failed(cause);
        }
    }

    /** A flush that somebody asked for. */
    private final class Flushed implements StoreCompletion {
        private final StoreCompletion completion;

        Flushed(StoreCompletion completion) {
            this.completion = completion;
        }

        @Override
        public void done() {
            // One that nobody had asked for may have failed after this one began.
            if (!toldOfFailure(completion)) {
                completion.done();
            }
        }

        @Override
        public void failed(StoreException cause) {
            flushFailed(cause);
            completion.failed(cause);
        }
    }
}
