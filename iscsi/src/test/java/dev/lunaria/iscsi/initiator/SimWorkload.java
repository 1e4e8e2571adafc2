package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import java.nio.ByteBuffer;

/**
 * Random reads and writes, and what the blocks must hold after each: no two that are out at once
 * touch the same block, so each read has one right answer. One thread.
 */
final class SimWorkload {
    private static final int MAX_BLOCKS = 24;

    private final SimClock clock;
    private final InitiatorSession session;
    private final int blocks;
    private final long[] written;
    private final boolean[] busy;
    private long stamp;
    int left;
    int out;
    int completed;
    int failed;

    SimWorkload(SimClock clock, InitiatorSession session, int blocks, int operations) {
        this.clock = clock;
        this.session = session;
        this.blocks = blocks;
        written = new long[blocks];
        busy = new boolean[blocks];
        left = operations;
    }

    /** Begins as many as fit, then some more each moment. */
    void run() {
        for (int i = 0; i < 4 && left > 0; i++) {
            one();
        }
        if (left > 0) {
            clock.after(clock.random.nextInt(5_000_000), this::run);
        }
    }

    private void one() {
        int count = 1 + clock.random.nextInt(MAX_BLOCKS);
        int first = clock.random.nextInt(blocks - count);
        for (int i = first; i < first + count; i++) {
            if (busy[i]) {
                return;
            }
        }
        left--;
        out++;
        mark(first, count, true);
        if (clock.random.nextBoolean()) {
            write(first, count);
        } else {
            read(first, count);
        }
    }

    private void mark(int first, int count, boolean value) {
        for (int i = first; i < first + count; i++) {
            busy[i] = value;
        }
    }

    private void write(int first, int count) {
        long value = ++stamp;
        ByteBuffer data = ByteBuffer.allocate(count * SimTargetServer.BLOCK);
        for (int i = 0; i < count; i++) {
            fill(data, i, first + i, value);
        }
        Cdb cdb = new Cdb.Write(OperationCode.WRITE_16, first, count, false, false);
        session.submit(
                ScsiRequest.writing(0, cdb.encode(), data),
                new Once(
                        first,
                        count,
                        () -> {
                            for (int i = first; i < first + count; i++) {
                                written[i] = value;
                            }
                        }));
    }

    private void read(int first, int count) {
        ByteBuffer into = ByteBuffer.allocate(count * SimTargetServer.BLOCK);
        Cdb cdb = new Cdb.Read(OperationCode.READ_16, first, count, false, false);
        session.submit(
                ScsiRequest.reading(0, cdb.encode(), into),
                new Once(
                        first,
                        count,
                        () -> {
                            for (int i = 0; i < count; i++) {
                                check(into, i, first + i);
                            }
                        }));
    }

    /** The store as a whole holds what was acknowledged. */
    void checkStore(byte[] store) {
        for (int i = 0; i < blocks; i++) {
            check(ByteBuffer.wrap(store), i, i);
        }
    }

    private static void fill(ByteBuffer data, int index, int block, long value) {
        for (int at = 0; at < SimTargetServer.BLOCK; at += 16) {
            data.putLong(index * SimTargetServer.BLOCK + at, value);
            data.putLong(index * SimTargetServer.BLOCK + at + 8, block * 1000L + at);
        }
    }

    private void check(ByteBuffer data, int index, int block) {
        ByteBuffer expected = ByteBuffer.allocate(SimTargetServer.BLOCK);
        if (written[block] != 0) {
            fill(expected, 0, block, written[block]);
        }
        ByteBuffer actual = data.slice(index * SimTargetServer.BLOCK, SimTargetServer.BLOCK);
        if (!actual.equals(expected)) {
            throw new AssertionError(
                    "block %d: %x instead of %x"
                            .formatted(block, actual.getLong(0), written[block]));
        }
    }

    /** Each command completes once. */
    private final class Once implements ScsiRequest.Completion {
        private final int first;
        private final int count;
        private final Runnable whenGood;
        private boolean done;

        Once(int first, int count, Runnable whenGood) {
            this.first = first;
            this.count = count;
            this.whenGood = whenGood;
        }

        @Override
        public void complete(ScsiOutcome outcome) {
            if (done) {
                throw new AssertionError("a command completed twice");
            }
            done = true;
            out--;
            completed++;
            switch (outcome) {
                case ScsiOutcome.Good good -> {
                    if (good.transferred() != count * SimTargetServer.BLOCK) {
                        throw new AssertionError("GOOD for " + good.transferred() + " bytes");
                    }
                    whenGood.run();
                    mark(first, count, false);
                }
                // Whether it was written isn't known: the blocks are left alone from now on.
                case ScsiOutcome.Failed f -> {
                    failed++;
                    if (f.error() != DiskError.FENCED) {
                        throw new AssertionError("failed: " + f);
                    }
                }
            }
        }
    }
}
