package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.target.DataOutPool.Lease;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session's share of the Data-Out memory: buffers are granted in order, and a command that gets
 * none waits without its R2T.
 *
 * <p>Owned by the session's event loop. Bounded by a number of bytes, which one command alone may
 * exceed, and by the pool behind it.
 */
final class SessionBuffers {
    private final DataOutPool pool;
    private final Executor loop;
    private final int limit;
    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    private int used;
    private boolean poolWillWake;

    /** A task that waits for memory. */
    private record Waiter(Task task, int bytes, Consumer<Lease> granted) {}

    /**
     * @param limit in bytes, over all commands of the session
     */
    SessionBuffers(DataOutPool pool, Executor loop, int limit) {
        this.pool = pool;
        this.loop = loop;
        this.limit = limit;
    }

    /** A buffer now, or null: then {@link #await}. */
    @Nullable Lease take(int bytes) {
        return waiting.isEmpty() ? tryTake(bytes) : null;
    }

    /** Waits for a buffer; given up silently once the task has ended. */
    void await(Task task, int bytes, Consumer<Lease> granted) {
        waiting.add(new Waiter(task, bytes, granted));
        grant();
    }

    void give(Lease lease) {
        used -= lease.buffer().capacity();
        lease.release();
        grant();
    }

    int used() {
        return used;
    }

    private @Nullable Lease tryTake(int bytes) {
        if (poolWillWake || (used > 0 && used + (long) bytes > limit)) {
            return null;
        }
        // Set before, because the pool may call back within take.
        poolWillWake = true;
        Lease lease = pool.take(bytes, this::freed);
        if (lease != null) {
            poolWillWake = false;
            used += lease.buffer().capacity();
        }
        return lease;
    }

    private void freed() {
        loop.execute(() -> {
            poolWillWake = false;
            grant();
        });
    }

    private void grant() {
        while (!waiting.isEmpty()) {
            Waiter first = waiting.peek();
            if (first.task.hasEnded()) {
                waiting.remove();
                continue;
            }
            Lease lease = tryTake(first.bytes);
            if (lease == null) {
                return;
            }
            waiting.remove();
            first.granted.accept(lease);
        }
    }
}
