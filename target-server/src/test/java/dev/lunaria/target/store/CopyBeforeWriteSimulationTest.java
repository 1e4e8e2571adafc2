package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Writes, discards, zeroes and flushes in any order, on a store and copies that fail now and then,
 * and instants at any time: each copy that is whole holds what the store held at its instant, and
 * no change ever fails or waits for ever because of a copy.
 */
class CopyBeforeWriteSimulationTest {

    private static final int SIZE = 4 << 20;
    private static final int BLOCK = 512;
    private static final int SEEDS = 100;
    private static final int STEPS = 250;

    @Test
    void a_copy_holds_what_was_there_at_its_instant_whatever_happens_since() throws Exception {
        int whole = 0;
        int failed = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Simulation simulation = new Simulation(seed);
            simulation.run();
            whole += simulation.whole;
            failed += simulation.failed;
        }
        System.out.printf(
                "CopyBeforeWriteSimulationTest: %d seeds, %d copies whole, %d failed%n",
                SEEDS, whole, failed);
        assertThat(whole).isGreaterThan(SEEDS);
        assertThat(failed).isGreaterThan(10);
    }

    /** One copy under way, and what it must hold in the end. */
    private record Expected(ChunkedCopy copy, ByteBuffer instant, MemoryDestination destination) {}

    private static final class Simulation {
        private final String name;
        private final RandomGenerator random;
        private final boolean copiesFail;
        private final List<Runnable> scheduled = new ArrayList<>();
        private final QueuedStore file;
        private final CopyBeforeWriteStore store;
        private final List<Expected> copies = new ArrayList<>();
        private final AtomicInteger open = new AtomicInteger();
        private final List<StoreException> unexpected = new ArrayList<>();
        private int whole;
        private int failed;

        Simulation(int seed) {
            this.name = "seed " + seed;
            this.random = new SplittableRandom(seed);
            this.copiesFail = seed % 3 == 0;
            this.file = new QueuedStore(scheduled, random, seed % 2 == 0);
            this.store = new CopyBeforeWriteStore(file);
        }

        void run() throws Exception {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(12)) {
                    case 0, 1, 2, 3 -> change();
                    case 4 -> store.flush(ended());
                    case 5 -> {
                        if (copies.size() < 3) {
                            takeCopy();
                        }
                    }
                    case 6, 7 -> copySome();
                    default -> runOne();
                }
            }
            while (!copies.isEmpty()) {
                copySome();
                runOne();
            }
            while (!scheduled.isEmpty()) {
                runOne();
            }
            assertThat(unexpected).as(name).isEmpty();
            assertThat(open.get()).as(name + ": changes that never ended").isZero();
        }

        private void change() {
            int blocks = SIZE / BLOCK;
            int at = random.nextInt(blocks);
            int most = random.nextInt(8) == 0 ? 1500 : 16;
            int length = Math.min(blocks - at, 1 + random.nextInt(most)) * BLOCK;
            long offset = (long) at * BLOCK;
            switch (random.nextInt(6)) {
                case 0 -> store.discard(offset, length, ended());
                case 1 -> store.writeZeroes(offset, length, ended());
                default -> {
                    byte[] data = new byte[Math.min(length, 64 << 10)];
                    Arrays.fill(data, (byte) (1 + random.nextInt(100)));
                    store.write(offset, ByteBuffer.wrap(data), random.nextBoolean(), ended());
                }
            }
        }

        private BlockStore.StoreCompletion ended() {
            open.incrementAndGet();
            return new BlockStore.StoreCompletion() {
                @Override
                public void done() {
                    open.decrementAndGet();
                }

                @Override
                public void failed(StoreException cause) {
                    if (!"as the simulation wanted".equals(cause.getMessage())) {
                        unexpected.add(cause);
                    }
                    open.decrementAndGet();
                }
            };
        }

        private void takeCopy() {
            CompletableFuture<Void> idle = store.hold();
            boolean changesWhileHeld = random.nextBoolean();
            while (!idle.isDone()) {
                if (changesWhileHeld) {
                    change();
                    changesWhileHeld = random.nextBoolean();
                }
                runOne();
            }
            byte[] instant = file.bytes.clone();
            MemoryDestination destination = new MemoryDestination(random, copiesFail);
            ChunkedCopy copy =
                    new ChunkedCopy(
                            new MemorySource(file, random, copiesFail),
                            destination,
                            SIZE,
                            scheduled::add);
            store.attach(copy);
            if (random.nextBoolean()) {
                change();
            }
            assertThat(file.bytes).as(name).isEqualTo(instant);
            store.letGo();
            copies.add(new Expected(copy, ByteBuffer.wrap(instant), destination));
        }

        private void copySome() throws Exception {
            if (copies.isEmpty()) {
                return;
            }
            Expected one = copies.get(random.nextInt(copies.size()));
            if (one.copy().copyNext()) {
                return;
            }
            if (one.copy().failure() != null) {
                failed++;
            } else if (one.copy().remainingBytes() > 0) {
                // Somebody else has begun what is left.
                return;
            } else {
                one.copy().finish();
                assertThat(ByteBuffer.wrap(one.destination().bytes).mismatch(one.instant()))
                        .as(name)
                        .isEqualTo(-1);
                assertThat(one.destination().synced).as(name).isTrue();
                whole++;
            }
            store.detach(one.copy());
            one.copy().close();
            copies.remove(one);
        }

        private void runOne() {
            if (!scheduled.isEmpty()) {
                scheduled.remove(random.nextInt(scheduled.size())).run();
            }
        }
    }

    /** A store whose operations happen when the simulation says so, in any order. */
    private static final class QueuedStore implements BlockStore {
        private final byte[] bytes = new byte[SIZE];
        private final List<Runnable> scheduled;
        private final RandomGenerator random;
        private final boolean fails;

        QueuedStore(List<Runnable> scheduled, RandomGenerator random, boolean fails) {
            this.scheduled = scheduled;
            this.random = random;
            this.fails = fails;
        }

        private void later(StoreCompletion completion, Runnable action) {
            scheduled.add(() -> {
                if (fails && random.nextInt(20) == 0) {
                    completion.failed(new StoreException(Reason.WRITE, "as the simulation wanted"));
                    return;
                }
                action.run();
                completion.done();
            });
        }

        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void write(
                long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
            later(
                    completion,
                    () -> from.get(from.position(), bytes, (int) offset, from.remaining()));
        }

        @Override
        public void flush(StoreCompletion completion) {
            later(completion, () -> {});
        }

        @Override
        public void discard(long offset, long length, StoreCompletion completion) {
            later(
                    completion,
                    () -> Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0));
        }

        @Override
        public void writeZeroes(long offset, long length, StoreCompletion completion) {
            discard(offset, length, completion);
        }

        @Override
        public List<Range> allocated(long offset, long length) {
            List<Range> ranges = new ArrayList<>();
            for (long at = offset; at < offset + length; at += BLOCK) {
                if (!isHole(at)) {
                    ranges.add(new Range(at, BLOCK));
                }
            }
            return ranges;
        }

        private boolean isHole(long block) {
            for (int i = 0; i < BLOCK; i++) {
                if (bytes[(int) block + i] != 0) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void close() {}
    }

    private record MemorySource(QueuedStore file, RandomGenerator random, boolean fails)
            implements CopySource {
        @Override
        public List<BlockStore.Range> allocated(long offset, long length) {
            return file.allocated(offset, length);
        }

        @Override
        public long nextData(long offset, long end) {
            long at = offset;
            while (at < end && file.isHole(at)) {
                at += BLOCK;
            }
            return at;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            if (fails && random.nextInt(400) == 0) {
                throw new IOException("EIO");
            }
            into.put(into.position(), file.bytes, (int) offset, into.remaining());
        }

        @Override
        public void close() {}
    }

    private static final class MemoryDestination implements CopyDestination {
        private final byte[] bytes = new byte[SIZE];
        private final RandomGenerator random;
        private final boolean fails;
        private boolean synced;

        MemoryDestination(RandomGenerator random, boolean fails) {
            this.random = random;
            this.fails = fails;
        }

        @Override
        public void write(long offset, ByteBuffer from) throws IOException {
            if (fails && random.nextInt(400) == 0) {
                throw new IOException("ENOSPC");
            }
            from.get(from.position(), bytes, (int) offset, from.remaining());
            synced = false;
        }

        @Override
        public void sync() {
            synced = true;
        }

        @Override
        public void clear() {
            Arrays.fill(bytes, (byte) 0);
        }

        @Override
        public void close() {}
    }
}
