package dev.lunaria.service.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts operations on the data path: how many of each kind, how long they took, how many bytes
 * they moved, how many are under way, and why some failed.
 *
 * <p>Any thread, without a lock and without allocating: an operation costs four additions to an
 * array. A reader may see an operation's time before its bytes. Bounded: about a kilobyte, and as
 * many reasons as there are sense keys or errnos.
 */
public final class OperationMeter {
    /** Kinds of operations. */
    public enum Operation {
        READ(0),
        WRITE(1),
        FLUSH(2),
        /** Space given back or made zero. */
        DISCARD(3),
        OTHER(4);

        private static final Operation[] ALL = values();

        private final int row;

        Operation(int row) {
            this.row = row;
        }
    }

    /** Upper bounds of the buckets of time, in microseconds; a last one has none. */
    private static final long[] BOUND_MICROS = {
        50,
        100,
        250,
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        1_000_000,
        10_000_000
    };

    private static final long[] BOUND_NANOS = nanos();
    private static final int BUCKETS = BOUND_NANOS.length + 1;
    private static final int NANOS = BUCKETS;
    private static final int BYTES = BUCKETS + 1;
    private static final int CELLS = BUCKETS + 2;
    private static final int BEGUN = Operation.ALL.length * CELLS;

    private final AtomicLongArray cells = new AtomicLongArray(BEGUN + 1);
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

    private static long[] nanos() {
        long[] nanos = new long[BOUND_MICROS.length];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = BOUND_MICROS[i] * 1_000;
        }
        return nanos;
    }

    /** An operation has begun; {@link #ended} follows. */
    public void began() {
        cells.getAndIncrement(BEGUN);
    }

    /** An operation that had begun is over, well or not. */
    public void ended(Operation operation, long bytes, long nanos) {
        int at = operation.row * CELLS;
        int bucket = 0;
        while (bucket < BOUND_NANOS.length && nanos > BOUND_NANOS[bucket]) {
            bucket++;
        }
        cells.getAndAdd(at + NANOS, nanos);
        if (bytes != 0) {
            cells.getAndAdd(at + BYTES, bytes);
        }
        cells.getAndIncrement(at + bucket);
    }

    /** An operation failed, in one of a bounded number of ways. */
    public void failed(String why) {
        failures.computeIfAbsent(why, _ -> new LongAdder()).increment();
    }

    /** Operations that have begun and not ended. */
    long inFlight() {
        long ended = 0;
        for (Operation operation : Operation.ALL) {
            ended += count(operation);
        }
        // What began after the ends were read only makes the difference larger: never below zero.
        return cells.get(BEGUN) - ended;
    }

    long count(Operation operation) {
        long count = 0;
        for (long bucket : buckets(operation)) {
            count += bucket;
        }
        return count;
    }

    /** How many ended within each bucket, not within those below it. */
    long[] buckets(Operation operation) {
        long[] counts = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] = cells.get(operation.row * CELLS + i);
        }
        return counts;
    }

    double seconds(Operation operation) {
        return cells.get(operation.row * CELLS + NANOS) / 1e9;
    }

    long bytes(Operation operation) {
        return cells.get(operation.row * CELLS + BYTES);
    }

    Map<String, LongAdder> failures() {
        return failures;
    }

    /** Upper bounds in seconds, the last one infinite. */
    static double[] upperBounds() {
        double[] bounds = new double[BUCKETS];
        for (int i = 0; i < BOUND_MICROS.length; i++) {
            bounds[i] = BOUND_MICROS[i] / 1e6;
        }
        bounds[BUCKETS - 1] = Double.POSITIVE_INFINITY;
        return bounds;
    }
}
