package dev.lunaria.target.store;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the operations that use an open file, so that it is closed only after the last of them.
 * Any thread, lock-free but for the one that waits. Closed once.
 */
final class InFlight {

    private static final int CLOSING = Integer.MIN_VALUE;

    private final AtomicInteger count = new AtomicInteger();
    private final CountDownLatch idle = new CountDownLatch(1);

    /** Begins one operation; false once closing has begun. */
    boolean enter() {
        if (count.incrementAndGet() > 0) {
            return true;
        }
        exit();
        return false;
    }

    /** Ends one operation. */
    void exit() {
        if (count.decrementAndGet() == CLOSING) {
            idle.countDown();
        }
    }

    /** Lets nobody enter any more; true for the first who calls. */
    boolean beginClosing() {
        int before = count.getAndUpdate(n -> n >= 0 ? n + CLOSING : n);
        if (before == 0) {
            idle.countDown();
        }
        return before >= 0;
    }

    /** Waits for the last operation. */
    void awaitIdle() throws InterruptedException {
        idle.await();
    }
}
