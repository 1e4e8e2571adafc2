package dev.lunaria.target.store;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/**
 * The threads that may block on a disk, shared by all stores of the process; owned by the program,
 * which closes it last.
 *
 * <p>Any thread hands over work. Bounded twice: so many platform threads, and so many operations
 * waiting or running; an operation beyond that is not taken, and its initiator hears BUSY.
 */
public final class StoreThreads implements AutoCloseable {

    /** So many operations may wait or run, if nothing else is said. */
    public static final int DEFAULT_OPERATIONS = 16_384;

    private static final long STOP_SECONDS = 30;

    private final ThreadPoolExecutor threads;
    private final int maxOperations;
    private final AtomicInteger operations = new AtomicInteger();
    private volatile LongConsumer waited = _ -> {};

    /**
     * Starts nothing yet: threads come with the first work.
     *
     * @param count how many threads, at least 1
     * @param maxOperations how many operations may wait or run, at least 1
     */
    public StoreThreads(int count, int maxOperations) {
        this.maxOperations = maxOperations;
        // The queue holds lanes, not operations: at most a few for every open store.
        this.threads =
                new ThreadPoolExecutor(
                        count,
                        count,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("store-", 0).daemon(true).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** Takes a place for one operation; false where all are taken. */
    boolean admit() {
        if (operations.incrementAndGet() <= maxOperations) {
            return true;
        }
        operations.decrementAndGet();
        return false;
    }

    /** Gives back the place of one operation. */
    void finished() {
        operations.decrementAndGet();
    }

    /** Operations waiting or running. */
    public int operations() {
        return operations.get();
    }

    /** For other work that may block on the same disks; who hands it over bounds it. */
    public Executor blocking() {
        return threads;
    }

    /** Tells this of how long work waited for a thread, in nanoseconds; called by the threads. */
    public void onWait(LongConsumer observer) {
        waited = observer;
    }

    void execute(Runnable lane) {
        long handedOver = System.nanoTime();
        threads.execute(() -> {
            waited.accept(System.nanoTime() - handedOver);
            lane.run();
        });
    }

    /** Waits for what runs. All stores must be closed before. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
