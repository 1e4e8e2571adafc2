package dev.lunaria.bench.load;

import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The work of one session over one stretch of time: so many slots, each of which begins its next
 * operation when its last has ended.
 *
 * <p>Owned by the session's event loop, but for {@link #ended} and the two marks of time, which any
 * thread may set. Bounded: one buffer for each slot, one histogram.
 */
final class SlotLoad {
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);
    static final int DIGITS = 3;

    /** Whom commands are given to. */
    interface Submitter {
        void submit(
                Cdb cdb, @Nullable ByteBuffer out, @Nullable ByteBuffer in, LoadSession.Done done);
    }

    /**
     * A session's own part of the disk, in bytes.
     *
     * @param blockBytes the unit's logical block
     */
    record Part(long offset, long length, int blockBytes) {}

    private final Work work;
    private final Part part;
    private final int blocks;
    private final SplittableRandom random;
    private final @Nullable Stamps stamps;
    private final BitSet busy = new BitSet();
    private final Histogram latency = new Histogram(LONGEST, DIGITS);
    private final CompletableFuture<LoadResult> ended = new CompletableFuture<>();
    private @Nullable Submitter submitter;
    private int running;
    private int nextBlock;
    private long operations;
    private long verified;
    private long left = Long.MAX_VALUE;
    private volatile long until = System.nanoTime() + Long.MAX_VALUE / 2;
    private volatile long from = until;

    SlotLoad(Work work, Part part, long seed) {
        this.work = work;
        this.part = part;
        this.blocks = Math.toIntExact(part.length() / work.blockBytes());
        if (blocks < 2 * work.depth()) {
            throw new LoadFailure("the disk is too small for that many operations at once");
        }
        this.random = new SplittableRandom(seed);
        this.stamps = work.verify() ? new Stamps(seed, blocks) : null;
    }

    /** Counts what ends from this {@link System#nanoTime} on. */
    void measureFrom(long nanos) {
        from = nanos;
    }

    /** Counts no more from this {@link System#nanoTime} on, and begins nothing new. */
    void stopAt(long nanos) {
        until = nanos;
    }

    /** Begins so many operations and no more; before {@link #begin}. */
    void endAfter(long count) {
        left = count;
    }

    /** Done when the last operation has ended; fails with {@link LoadFailure}. */
    CompletableFuture<LoadResult> ended() {
        return ended;
    }

    void fail(LoadFailure why) {
        ended.completeExceptionally(why);
    }

    void begin(Submitter to) {
        submitter = to;
        running = work.depth();
        for (int i = 0; i < work.depth(); i++) {
            new Slot().next();
        }
    }

    private int chooseBlock() {
        int chosen = nextBlock;
        do {
            chosen =
                    switch (work.order()) {
                        case RANDOM -> random.nextInt(blocks);
                        case SEQUENTIAL -> (chosen + 1) % blocks;
                    };
        } while (busy.get(chosen));
        nextBlock = chosen;
        return chosen;
    }

    private void slotEnded() {
        running--;
        if (running == 0) {
            double seconds = (until - from) / 1e9;
            ended.complete(
                    new LoadResult(
                            operations,
                            operations * work.blockBytes(),
                            seconds,
                            latency,
                            verified));
        }
    }

    /** One operation at a time. */
    private final class Slot {
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(work.blockBytes());
        private int block;
        private boolean reads;
        private long began;

        void next() {
            Submitter to = submitter;
            if (to == null || ended.isDone() || left-- <= 0 || System.nanoTime() - until >= 0) {
                slotEnded();
                return;
            }
            block = chooseBlock();
            busy.set(block);
            reads = random.nextInt(100) < work.readPercent();
            long lba = (part.offset() + (long) block * work.blockBytes()) / part.blockBytes();
            int length = work.blockBytes() / part.blockBytes();
            began = System.nanoTime();
            if (reads) {
                Cdb read = new Cdb.Read(OperationCode.READ_16, lba, length, false, false);
                to.submit(read, null, buffer, this::moved);
            } else {
                Stamps marks = stamps;
                if (marks != null) {
                    marks.stamp(block, buffer);
                }
                Cdb write = new Cdb.Write(OperationCode.WRITE_16, lba, length, false, false);
                to.submit(write, buffer, null, work.flushed() ? this::written : this::moved);
            }
        }

        private void written(ScsiOutcome outcome) {
            Submitter to = submitter;
            if (good(outcome, work.blockBytes()) && to != null) {
                Cdb flush =
                        new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_16, 0, 0, false);
                to.submit(flush, null, null, this::flushed);
            }
        }

        private void flushed(ScsiOutcome outcome) {
            if (good(outcome, 0)) {
                complete();
            }
        }

        private void moved(ScsiOutcome outcome) {
            if (good(outcome, work.blockBytes())) {
                complete();
            }
        }

        private void complete() {
            long now = System.nanoTime();
            if (now - from >= 0 && now - until < 0) {
                operations++;
                latency.recordValue(Math.min(now - began, LONGEST));
            }
            Stamps marks = stamps;
            if (reads && marks != null) {
                try {
                    verified += marks.compare(block, buffer) ? 1 : 0;
                } catch (LoadFailure other) {
                    fail(other);
                }
            }
            busy.clear(block);
            next();
        }

        private boolean good(ScsiOutcome outcome, int bytes) {
            String failure =
                    switch (outcome) {
                        case ScsiOutcome.Good(int moved) when moved == bytes -> null;
                        case ScsiOutcome.Good(int moved) ->
                                moved + " bytes moved instead of " + bytes;
                        case ScsiOutcome.Failed failed -> failed.message();
                    };
            if (failure != null) {
                fail(new LoadFailure((reads ? "a read: " : "a write: ") + failure));
            }
            return failure == null;
        }
    }
}
