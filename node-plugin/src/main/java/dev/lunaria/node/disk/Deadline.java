package dev.lunaria.node.disk;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A time until which the kernel may take its time, looked at every few milliseconds: for what it
 * does by itself and tells nobody. Immutable; any thread.
 */
public final class Deadline {

    private static final long STEP_NANOS = Duration.ofMillis(2).toNanos();

    private final long end;

    private Deadline(long end) {
        this.end = end;
    }

    /** That much from now. */
    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Waits a moment; false when the time is over or the thread was interrupted. */
    public boolean pause() {
        if (System.nanoTime() - end >= 0 || Thread.currentThread().isInterrupted()) {
            return false;
        }
        LockSupport.parkNanos(STEP_NANOS);
        return true;
    }
}
