package dev.lunaria.target.store;

import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A store that fails or holds up operations when a test says so. Any thread; guarded by its own
 * lock. A FileRange becomes Filled, so that no byte passes by.
 *
 * <p>Operations that are held have not reached the store behind; {@link #release} lets them go.
 */
public final class FaultyStore implements BlockStore {

    /** What an operation is, for the choice of which to fail. */
    public enum Kind {
        READ,
        WRITE,
        FLUSH,
        DISCARD
    }

    private final BlockStore store;
    private final Map<Kind, Reason> failures = new EnumMap<>(Kind.class);
    private final List<Runnable> held = new ArrayList<>();
    private final Set<Kind> failingOnce = EnumSet.noneOf(Kind.class);
    private final Set<Kind> holding = EnumSet.noneOf(Kind.class);

    public FaultyStore(BlockStore store) {
        this.store = store;
    }

    /** From now on operations of the kind fail so. */
    public synchronized void fail(Kind kind, Reason reason) {
        failures.put(kind, reason);
    }

    /** The next operation of the kind fails so. */
    public synchronized void failOnce(Kind kind, Reason reason) {
        failures.put(kind, reason);
        failingOnce.add(kind);
    }

    /** From now on nothing fails. */
    public synchronized void heal() {
        failures.clear();
        failingOnce.clear();
    }

    /** From now on operations wait, as on a stuck disk. */
    public synchronized void hold() {
        holding.addAll(EnumSet.allOf(Kind.class));
    }

    /** From now on operations of the kind wait. */
    public synchronized void hold(Kind kind) {
        holding.add(kind);
    }

    /** Lets go what waits, and holds nothing any more. */
    public void release() {
        List<Runnable> waiting;
        synchronized (this) {
            holding.clear();
            waiting = List.copyOf(held);
            held.clear();
        }
        waiting.forEach(Runnable::run);
    }

    /** How many operations wait. */
    public synchronized int holding() {
        return held.size();
    }

    @Override
    public long size() {
        return store.size();
    }

    @Override
    public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
        if (isUndisturbed(Kind.READ)) {
            return switch (store.read(offset, into, whenPending)) {
                case ReadAnswer.FileRange range -> copied(range, into, whenPending);
                case ReadAnswer.Filled filled -> filled;
                case ReadAnswer.Pending pending -> pending;
            };
        }
        disturbed(
                Kind.READ,
                whenPending,
                () -> {
                    switch (store.read(offset, into, whenPending)) {
                        case ReadAnswer.FileRange range -> {
                            if (copied(range, into, whenPending) instanceof ReadAnswer.Filled) {
                                whenPending.done();
                            }
                        }
                        case ReadAnswer.Filled _ -> whenPending.done();
                        case ReadAnswer.Pending _ -> {
                            // It will be told.
                        }
                    }
                });
        return new ReadAnswer.Pending();
    }

    private static ReadAnswer copied(
            ReadAnswer.FileRange range, ByteBuffer into, StoreCompletion whenPending) {
        try {
            range.copyTo(into);
            return new ReadAnswer.Filled();
        } catch (StoreException e) {
            whenPending.failed(e);
            return new ReadAnswer.Pending();
        }
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        disturbed(Kind.WRITE, completion, () -> store.write(offset, from, durable, completion));
    }

    @Override
    public void flush(StoreCompletion completion) {
        disturbed(Kind.FLUSH, completion, () -> store.flush(completion));
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        disturbed(Kind.DISCARD, completion, () -> store.discard(offset, length, completion));
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        disturbed(Kind.WRITE, completion, () -> store.writeZeroes(offset, length, completion));
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length);
    }

    @Override
    public void close() throws StoreException {
        store.close();
        Reason reason;
        synchronized (this) {
            reason = failures.get(Kind.FLUSH);
        }
        if (reason != null) {
            throw new StoreException(reason, "as the test asked");
        }
    }

    private synchronized boolean isUndisturbed(Kind kind) {
        return !holding.contains(kind) && !failures.containsKey(kind);
    }

    private void disturbed(Kind kind, StoreCompletion completion, Runnable operation) {
        Runnable whole =
                () -> {
                    Reason reason;
                    synchronized (this) {
                        reason = failures.get(kind);
                        if (failingOnce.remove(kind)) {
                            failures.remove(kind);
                        }
                    }
                    if (reason == null) {
                        operation.run();
                    } else {
                        completion.failed(new StoreException(reason, "as the test asked"));
                    }
                };
        synchronized (this) {
            if (holding.contains(kind)) {
                held.add(whole);
                return;
            }
        }
        whole.run();
    }
}
