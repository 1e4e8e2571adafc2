package dev.lunaria.target.device;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which completed writes of a unit a flush has made durable, as sequence numbers.
 *
 * <p>Any thread, lock-free. A failed flush is never forgotten by a nexus that had something to lose
 * by it: Linux repeats a write or flush that failed, and the second try would succeed with the data
 * gone. So {@link Unflushed} stays failed until its nexus detaches.
 */
final class FlushLedger {
    private final AtomicLong completed = new AtomicLong();
    private final AtomicLong flushed = new AtomicLong();

    /** What a flush that begins now will cover. */
    long mark() {
        return completed.get();
    }

    /** A flush that began at {@code mark} succeeded. */
    void flushed(long mark) {
        flushed.accumulateAndGet(mark, Math::max);
    }

    /** The writes of one nexus; any thread. */
    final class Unflushed {
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicLong last = new AtomicLong();
        private volatile boolean failed;

        void begin() {
            running.incrementAndGet();
        }

        /** A write ended; {@code durable}: it needs no flush any more. */
        void end(boolean durable) {
            if (!durable) {
                long sequence = completed.incrementAndGet();
                last.accumulateAndGet(sequence, Math::max);
            }
            running.decrementAndGet();
        }

        /** Whether a flush that fails now may lose something that was written here. */
        boolean isDirty() {
            return running.get() > 0 || last.get() > flushed.get();
        }

        /** A flush failed: marks this nexus if it had something to lose. */
        void flushFailed() {
            if (isDirty()) {
                failed = true;
            }
        }

        /** What was written here before the unit was opened may be lost. */
        void lost() {
            failed = true;
        }

        /** Whether writes and flushes of this nexus are refused until it detaches. */
        boolean hasFailed() {
            return failed;
        }
    }
}
