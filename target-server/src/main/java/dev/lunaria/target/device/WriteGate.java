package dev.lunaria.target.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets plain writes pass beside each other, and those that read first (COMPARE AND WRITE, ORWRITE)
 * alone, so that they are atomic.
 *
 * <p>Any thread; its lock is held for a few instructions and never while something runs. In order
 * of arrival; bounded by the sessions' windows.
 */
final class WriteGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    private int shared;
    private boolean exclusive;

    private record Waiter(boolean alone, Runnable action) {}

    /** Runs now or later beside other plain writes, until {@link #leave}. */
    void enter(Runnable action) {
        pass(new Waiter(false, action));
    }

    /** Runs now or later with no other write beside it, until {@link #leave}. */
    void enterAlone(Runnable action) {
        pass(new Waiter(true, action));
    }

    private void pass(Waiter waiter) {
        lock.lock();
        try {
            if (!waiting.isEmpty() || !admit(waiter)) {
                waiting.add(waiter);
                return;
            }
        } finally {
            lock.unlock();
        }
        waiter.action().run();
    }

    private boolean admit(Waiter waiter) {
        if (exclusive || (waiter.alone() && shared > 0)) {
            return false;
        }
        if (waiter.alone()) {
            exclusive = true;
        } else {
            shared++;
        }
        return true;
    }

    /** Whoever entered has ended. */
    void leave() {
        List<Waiter> admitted = new ArrayList<>();
        lock.lock();
        try {
            if (exclusive) {
                exclusive = false;
            } else {
                shared--;
            }
            while (!waiting.isEmpty() && admit(waiting.peek())) {
                admitted.add(waiting.remove());
            }
        } finally {
            lock.unlock();
        }
        admitted.forEach(waiter -> waiter.action().run());
    }
}
