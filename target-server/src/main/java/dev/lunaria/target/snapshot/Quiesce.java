package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One instant at which nothing changes in any of several stores: each write is before it in all of
 * them, or after it. Used by one thread that may block; bounded by the time that it is given.
 */
final class Quiesce {

    private Quiesce() {}

    /** What is done at the instant; has until then. */
    interface AtInstant {
        void run(Deadline deadline) throws RefusedException, IOException;
    }

    /** When whoever holds writes back has to let them go, on the monotonic clock. */
    record Deadline(long nanoTime) {
        long nanosLeft() {
            return Math.max(0, nanoTime - System.nanoTime());
        }
    }

    /**
     * Holds changes back, waits for those under way, runs the action, and lets go.
     *
     * @throws RefusedException CONFLICT where those under way did not end in time; and what the
     *     action throws
     */
    static void run(List<CopyBeforeWriteStore> stores, Duration within, AtInstant action)
            throws RefusedException, IOException {
        Deadline deadline = new Deadline(System.nanoTime() + within.toNanos());
        List<CopyBeforeWriteStore> held = new ArrayList<>();
        try {
            List<CompletableFuture<Void>> idle = new ArrayList<>();
            for (CopyBeforeWriteStore store : stores) {
                idle.add(store.hold());
                held.add(store);
            }
            for (CompletableFuture<Void> one : idle) {
                await(one, deadline);
            }
            action.run(deadline);
        } finally {
            held.forEach(CopyBeforeWriteStore::letGo);
        }
    }

    /**
     * Waits for something that has to happen while writes are held back.
     *
     * @throws RefusedException CONFLICT where it takes too long
     */
    static <T> T await(CompletableFuture<T> future, Deadline deadline)
            throws RefusedException, IOException {
        try {
            return future.get(deadline.nanosLeft(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new RefusedException(
                    Reason.CONFLICT,
                    "the disk is too slow to hold writes back for so long: repeat the call");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RefusedException(
                    Reason.CONFLICT, "the target server is stopping: repeat the call");
        }
    }
}
