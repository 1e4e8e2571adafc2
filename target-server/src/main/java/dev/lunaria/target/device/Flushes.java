package dev.lunaria.target.device;

import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;

/**
 * SYNCHRONIZE CACHE: answered when durable, never before; IMMED is not a licence to lie.
 *
 * <p>Any thread; without state but the unit's {@link FlushLedger}.
 */
final class Flushes {
    private final LogicalUnit unit;

    Flushes(LogicalUnit unit) {
        this.unit = unit;
    }

    /** Flushes the whole unit, then runs {@code then}; or fails the task. */
    void flush(Task task, Runnable then) {
        long mark = unit.ledger().mark();
        unit.store()
                .flush(
                        new StoreCompletion() {
                            @Override
                            public void done() {
                                if (task.nexus().unflushed().hasFailed()) {
                                    // One before this failed, and this one succeeded thereby.
                                    task.failed(
                                            new StoreException(
                                                    Reason.FLUSH, "an earlier flush failed"));
                                    return;
                                }
                                unit.ledger().flushed(mark);
                                task.step(then);
                            }

                            @Override
                            public void failed(StoreException cause) {
                                if (cause.reason() == Reason.FLUSH) {
                                    unit.flushFailed();
                                }
                                task.failed(cause);
                            }
                        });
    }
}
