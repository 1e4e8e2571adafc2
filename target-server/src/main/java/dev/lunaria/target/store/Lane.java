package dev.lunaria.target.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Operations of one store and kind on their way to the store's threads; owned by its store.
 *
 * <p>Any thread adds. What gathers while a thread is busy or waking up is handed to it as one
 * batch, so that a burst of small writes costs one hand-over. At most {@code width} threads work in
 * a lane at once, and the operations in it are bounded by {@link StoreThreads#admit}.
 */
final class Lane<T> {

    /** So many operations are taken at once before other lanes get their turn. */
    private static final int BATCH = 64;

    private final StoreThreads threads;
    private final int width;
    private final Consumer<List<T>> work;
    private final ConcurrentLinkedQueue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger working = new AtomicInteger();

    /** The work is given one batch at a time for each thread, and must not throw. */
    Lane(StoreThreads threads, int width, Consumer<List<T>> work) {
        this.threads = threads;
        this.width = width;
        this.work = work;
    }

    /** Throws where no thread can be had for it; then it isn't carried out. */
    void add(T operation) {
        waiting.add(operation);
        try {
            wake();
        } catch (RuntimeException | Error e) {
            // Where another thread has taken it meanwhile, all is well.
            if (waiting.remove(operation)) {
                throw e;
            }
        }
    }

    private void wake() {
        int now = working.get();
        while (now < width) {
            if (working.compareAndSet(now, now + 1)) {
                start();
                return;
            }
            now = working.get();
        }
    }

    private void start() {
        try {
            threads.execute(this::turn);
        } catch (RuntimeException | Error e) {
            working.decrementAndGet();
            throw e;
        }
    }

    private void turn() {
        // With several threads each takes one: they are there to wait beside each other.
        int most = width == 1 ? BATCH : 1;
        List<T> batch = new ArrayList<>();
        for (T next = waiting.poll(); next != null; next = waiting.poll()) {
            batch.add(next);
            if (batch.size() == most) {
                break;
            }
        }
        try {
            if (!batch.isEmpty()) {
                work.accept(batch);
            }
        } finally {
            working.decrementAndGet();
            if (!waiting.isEmpty()) {
                wake();
            }
        }
    }
}
