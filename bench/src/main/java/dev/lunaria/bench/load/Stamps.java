package dev.lunaria.bench.load;

import java.nio.ByteBuffer;

/**
 * Marks the blocks of one session's part of the disk, so that what is read tells whether it is what
 * was written last.
 *
 * <p>Owned by the session's event loop. Four bytes for each block. Only what this object has
 * stamped is compared: what stood there before, it doesn't know.
 */
final class Stamps {
    private static final long STEP = 0x9e3779b97f4a7c15L;

    private final long seed;
    private final int[] generations;

    /**
     * @param blocks how many blocks the part has
     */
    Stamps(long seed, int blocks) {
        this.seed = seed;
        this.generations = new int[blocks];
    }

    /** Fills a buffer with the block's next content. */
    void stamp(int block, ByteBuffer into) {
        long word = first(block, ++generations[block]);
        for (int at = 0; at < into.limit(); at += Long.BYTES) {
            into.putLong(at, word);
            word += STEP;
        }
    }

    /**
     * Compares a block with what was stamped last.
     *
     * @return whether there was something to compare with
     * @throws LoadFailure where the bytes are others
     */
    boolean compare(int block, ByteBuffer read) {
        if (generations[block] == 0) {
            return false;
        }
        long word = first(block, generations[block]);
        for (int at = 0; at < read.limit(); at += Long.BYTES) {
            if (read.getLong(at) != word) {
                throw new LoadFailure(
                        "block %d has other bytes at %d than were written last (write %d of it)"
                                .formatted(block, at, generations[block]));
            }
            word += STEP;
        }
        return true;
    }

    /** SplitMix64's finaliser: words of other blocks and generations differ. */
    private long first(int block, int generation) {
        long mixed = seed + STEP * (((long) generation << 32) | block);
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
