package dev.lunaria.target.transport;

import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Brings work to one connection's event loop, in turns: what store threads complete while the loop
 * is busy is done together, as one task with one write behind it.
 *
 * <p>{@link #execute} is thread-safe; everything else belongs to the event loop. Bounded by the
 * commands in flight, each of which completes once.
 */
final class TurnExecutor implements Executor {
    private final EventLoop loop;
    private final Runnable afterTurn;
    private final Consumer<Throwable> failed;
    private final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private boolean inTurn;

    /**
     * @param afterTurn run on the event loop behind each turn: sends what it produced
     * @param failed told of each piece of work that failed: the connection can't go on
     */
    TurnExecutor(EventLoop loop, Runnable afterTurn, Consumer<Throwable> failed) {
        this.loop = loop;
        this.afterTurn = afterTurn;
        this.failed = failed;
    }

    /**
     * Runs at once within a turn of this connection, else in a turn soon. What throws fails the
     * connection, not the caller, and what is queued behind it still runs: drains wait for it.
     */
    @Override
    public void execute(Runnable work) {
        if (loop.inEventLoop() && inTurn) {
            run(work);
            return;
        }
        queue.add(work);
        if (scheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::drain);
            } catch (RejectedExecutionException stopped) {
                // The server is gone, and with it every connection of this loop.
                queue.clear();
            }
        }
    }

    private void drain() {
        scheduled.set(false);
        turn(() -> {
            for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
                run(next);
            }
        });
    }

    /** On the event loop: one turn of the connection. */
    void turn(Runnable work) {
        if (inTurn) {
            run(work);
            return;
        }
        inTurn = true;
        try {
            run(work);
            run(afterTurn);
        } finally {
            inTurn = false;
        }
    }

    private void run(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            // Also Netty's, when direct memory has run out: it costs this connection alone.
            failed.accept(e);
        }
    }
}
