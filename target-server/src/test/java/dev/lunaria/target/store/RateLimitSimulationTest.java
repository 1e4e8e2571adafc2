package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operations that come as chance has it, under limits that change: over no time more goes through
 * than the limit, one burst and one operation; first come is first served; and all are served.
 */
final class RateLimitSimulationTest {

    private static final double SECOND = 1e9;
    private static final int OPERATIONS = 300;

    /** Notes when each operation reaches it, and completes it at once. */
    private static final class Noting implements BlockStore {
        private final ManualAlarm clock;
        private final List<Passed> passed = new ArrayList<>();

        Noting(ManualAlarm clock) {
            this.clock = clock;
        }

        @Override
        public long size() {
            return 1L << 40;
        }

        @Override
        public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
            passed.add(new Passed(offset, clock.now(), into.remaining()));
            return new ReadAnswer.Filled();
        }

        @Override
        public void write(
                long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
            passed.add(new Passed(offset, clock.now(), from.remaining()));
            completion.done();
        }

        @Override
        public void flush(StoreCompletion completion) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void discard(long offset, long length, StoreCompletion completion) {
            passed.add(new Passed(offset, clock.now(), 0));
            completion.done();
        }

        @Override
        public void writeZeroes(long offset, long length, StoreCompletion completion) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Range> allocated(long offset, long length) {
            return List.of();
        }

        @Override
        public void close() {}
    }

    /** An operation, known by its offset, as it reached the store behind. */
    private record Passed(long number, long at, long bytes) {}

    /** What holds from a time on; 0: no limit. */
    private record Rates(long from, long operations, long bytes) {}

    /** Counts how each operation ended. */
    private static final class Ends implements BlockStore.StoreCompletion {
        private int done;
        private int refused;

        @Override
        public void done() {
            done++;
        }

        @Override
        public void failed(StoreException cause) {
            assertThat(cause.reason()).isEqualTo(StoreException.Reason.BUSY);
            refused++;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void neverFasterThanTheLimitFirstComeFirstServedAndAllAreServed(int seed) {
        RandomGenerator random = new SplittableRandom(seed);
        var clock = new ManualAlarm();
        var behind = new Noting(clock);
        var store = new RateLimitedStore(behind, clock::now, clock);
        var ends = new Ends();
        var history = new ArrayList<Rates>();
        change(store, history, clock, random);
        int answered = 0;
        for (int number = 0; number < OPERATIONS; number++) {
            if (random.nextInt(40) == 0) {
                change(store, history, clock, random);
            }
            answered += begin(store, number, random, ends) ? 1 : 0;
            if (random.nextInt(4) == 0) {
                clock.advanceTo(clock.now() + random.nextLong((long) SECOND / 5));
            }
        }
        while (clock.advanceToNext()) {
            assertThat(clock.now())
                    .as("seed %d: it starves", seed)
                    .isLessThan((long) (3_600 * SECOND));
        }

        assertThat(ends.done + ends.refused + answered).as("seed %d", seed).isEqualTo(OPERATIONS);
        assertThat(behind.passed).as("seed %d", seed).hasSize(OPERATIONS - ends.refused);
        assertThat(behind.passed).as("seed %d: order", seed).extracting(Passed::number).isSorted();
        checkRates(seed, behind.passed, history);
    }

    /** The operation, known by its offset; whether it was answered at once. */
    private static boolean begin(
            RateLimitedStore store, int number, RandomGenerator random, Ends ends) {
        ByteBuffer buffer = ByteBuffer.allocateDirect((1 + random.nextInt(64)) * 4096);
        switch (random.nextInt(5)) {
            case 0 -> store.discard(number, 4096, ends);
            case 1, 2 -> store.write(number, buffer, random.nextBoolean(), ends);
            default -> {
                return store.read(number, buffer, ends) instanceof ReadAnswer.Filled;
            }
        }
        return false;
    }

    private static void change(
            RateLimitedStore store,
            List<Rates> history,
            ManualAlarm clock,
            RandomGenerator random) {
        long operations = random.nextInt(3) == 0 ? 0 : 10 + random.nextLong(1_000);
        long bytes = random.nextInt(3) == 0 ? 0 : (1 << 20) + random.nextLong(16 << 20);
        history.add(new Rates(clock.now(), operations, bytes));
        store.limit(operations, bytes);
    }

    private static void checkRates(int seed, List<Passed> passed, List<Rates> history) {
        for (int first = 0; first < passed.size(); first++) {
            long operations = 0;
            long bytes = 0;
            for (int last = first; last < passed.size(); last++) {
                // The last one may have taken more than there was.
                check(
                        seed,
                        passed.get(first).at(),
                        passed.get(last).at(),
                        operations,
                        bytes,
                        history);
                operations++;
                bytes += passed.get(last).bytes();
            }
        }
    }

    private static void check(
            int seed, long from, long to, long operations, long bytes, List<Rates> history) {
        assertThat(operations)
                .as("seed %d: operations from %d to %d ns", seed, from, to)
                .isLessThanOrEqualTo(allowed(from, to, history, true));
        assertThat(bytes)
                .as("seed %d: bytes from %d to %d ns", seed, from, to)
                .isLessThanOrEqualTo(allowed(from, to, history, false));
    }

    /** One burst of the greatest rate, and all rates over their times. */
    private static long allowed(long from, long to, List<Rates> history, boolean operations) {
        double sum = 1;
        double burst = 0;
        for (int i = 0; i < history.size(); i++) {
            Rates rates = history.get(i);
            long end = i + 1 < history.size() ? history.get(i + 1).from() : Long.MAX_VALUE;
            if (end < from || rates.from() > to) {
                continue;
            }
            long rate = operations ? rates.operations() : rates.bytes();
            if (rate == 0) {
                return Long.MAX_VALUE;
            }
            burst = Math.max(burst, (double) rate);
            double seconds = (Math.min(end, to) - Math.max(rates.from(), from)) / SECOND;
            sum += (double) rate * Math.max(0, seconds);
        }
        return (long) (sum + burst * TokenBucket.BURST_SECONDS);
    }
}
