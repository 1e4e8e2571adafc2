package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;

/**
 * The way of everything that changes the medium: format protocol, write gate, flush ledger, store;
 * and back.
 *
 * <p>Any thread; without state but the unit's.
 */
final class WritePath {

    private final LogicalUnit unit;

    WritePath(LogicalUnit unit) {
        this.unit = unit;
    }

    /** Runs {@code write} beside other writes; it ends with {@link #ended}. */
    void begin(Task task, Runnable write) {
        unit.formatting().beforeWrite(task, entering(task, write));
    }

    /** The same for what gives back space. */
    void beginUnmap(Task task, Runnable unmap) {
        unit.formatting().beforeUnmap(task, entering(task, unmap));
    }

    /** The same for the format protocol itself. */
    void beginBlanking(Task task, Runnable discard) {
        entering(task, discard).run();
    }

    /** Runs {@code write} with no other write beside it. */
    void beginAlone(Task task, Runnable write) {
        unit.formatting().beforeWrite(task, () -> unit.gate().enterAlone(() -> enter(task, write)));
    }

    private Runnable entering(Task task, Runnable write) {
        return () -> unit.gate().enter(() -> enter(task, write));
    }

    /** What throws before it has ended leaves the gate, or nobody would pass it any more. */
    private void enter(Task task, Runnable write) {
        task.nexus().unflushed().begin();
        try {
            write.run();
        } catch (RuntimeException | Error e) {
            if (!task.hasEnded()) {
                leave(task);
            }
            task.broke(e);
        }
    }

    /** Leaves without the store having been asked to write. */
    void leave(Task task) {
        leave(task, true);
    }

    /** Leaves after a part was carried out, because the rest may not be. */
    void refuse(Task task, SenseData why) {
        leave(task, false);
        task.check(why);
    }

    private void leave(Task task, boolean durable) {
        task.nexus().unflushed().end(durable);
        unit.gate().leave();
    }

    /** Leaves, and answers GOOD or what failed. */
    StoreCompletion ended(Task task) {
        return ended(task, false, WritePath::nothing, task::good);
    }

    /**
     * Leaves, then goes on with {@code then} or fails the task.
     *
     * @param durable whether a success needs no flush any more
     * @param cleanUp runs either way
     */
    StoreCompletion ended(Task task, boolean durable, Runnable cleanUp, Runnable then) {
        return new StoreCompletion() {
            @Override
            public void done() {
                task.step(() -> {
                    leave(task, durable);
                    cleanUp.run();
                    then.run();
                });
            }

            @Override
            public void failed(StoreException cause) {
                task.step(() -> {
                    leave(task, false);
                    if (cause.reason() == Reason.FLUSH) {
                        unit.flushFailed();
                    }
                    cleanUp.run();
                    task.failed(cause);
                });
            }
        };
    }

    private static void nothing() {}
}
