package dev.lunaria.iscsi.target;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What one initiator of a simulation knows of its blocks: what each may hold. */
final class SimBlocks {
    private final SimStore store;
    private final int first;
    private final long[] settled;
    private final boolean[] busy;

    /** Writes of which it isn't known whether they were carried out, newer than settled. */
    private final List<Set<Long>> maybe = new ArrayList<>();

    private final Set<Long> begun = new HashSet<>();
    private long nextWrite;

    SimBlocks(SimStore store, int first, int count) {
        this.store = store;
        this.first = first;
        this.settled = new long[count];
        this.busy = new boolean[count];
        for (int i = 0; i < count; i++) {
            maybe.add(new HashSet<>());
        }
        this.nextWrite = first * 1_000_000L + 1;
    }

    /** A run of blocks that no command uses; −1 if chance finds none. */
    int free(Random random, int count) {
        int block = random.nextInt(busy.length - count + 1);
        for (int i = block; i < block + count; i++) {
            if (busy[i]) {
                return -1;
            }
        }
        return block;
    }

    void busy(int block, int count, boolean is) {
        for (int i = block; i < block + count; i++) {
            busy[i] = is;
        }
    }

    void idle() {
        busy(0, busy.length, false);
    }

    long begin(int block, int count) {
        busy(block, count, true);
        long write = nextWrite++;
        begun.add(write);
        for (int i = block; i < block + count; i++) {
            maybe.get(i).add(write);
        }
        return write;
    }

    /** A write was answered with GOOD. */
    void written(int block, int count, long write) {
        for (int i = block; i < block + count; i++) {
            settled[i] = write;
            maybe.get(i).clear();
        }
    }

    /** Blocks were read while nothing wrote to them. */
    void read(int block, long[] values) {
        for (int i = 0; i < values.length; i++) {
            check(block + i, values[i]);
            settled[block + i] = values[i];
            maybe.get(block + i).clear();
        }
    }

    private void check(int block, long value) {
        if (value != settled[block] && !maybe.get(block).contains(value)) {
            SimWorld.check(
                    maybe.get(block).contains(value),
                    "block %d holds %d, acknowledged was %d, possible %s"
                            .formatted(block, value, settled[block], maybe.get(block)));
        }
    }

    /** No write so far may reach the store any more, but for those. */
    void killAllBefore(Set<Long> but) {
        begun.removeAll(but);
        begun.forEach(store::kill);
        begun.clear();
        begun.addAll(but);
    }

    void assertHolds() {
        for (int i = 0; i < settled.length; i++) {
            check(i, store.blocks[first + i]);
        }
    }
}
