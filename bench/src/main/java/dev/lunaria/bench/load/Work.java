package dev.lunaria.bench.load;

/**
 * What each slot of a load does over and over. Immutable.
 *
 * @param blockBytes of each read or write, a multiple of 4096, at most 4 MiB
 * @param depth reads and writes under way in each session, 1 to 128
 * @param readPercent how many of a hundred operations read, 0 to 100
 * @param order where the next operation goes
 * @param flushed whether each write is followed by a SYNCHRONIZE CACHE, and has ended with it
 * @param verify whether what is written is marked, and what is read again is compared
 */
public record Work(
        int blockBytes, int depth, int readPercent, Order order, boolean flushed, boolean verify) {
    static final int MAX_BLOCK_BYTES = 4 << 20;
    static final int MAX_DEPTH = 128;

    /** Where the next operation goes. */
    public enum Order {
        /** Anywhere in the session's part of the disk. */
        RANDOM,
        /** Behind the one before, and from the start again. */
        SEQUENTIAL
    }

    public Work {
        if (blockBytes < 4096 || blockBytes > MAX_BLOCK_BYTES || blockBytes % 4096 != 0) {
            throw new IllegalArgumentException("blocks of 4 KiB to 4 MiB in steps of 4 KiB");
        }
        if (depth < 1 || depth > MAX_DEPTH) {
            throw new IllegalArgumentException("a depth of 1 to " + MAX_DEPTH);
        }
        if (readPercent < 0 || readPercent > 100) {
            throw new IllegalArgumentException("0 to 100 percent of reads");
        }
    }

    /** Reads alone. */
    public static Work reading(Order order, int blockBytes, int depth) {
        return new Work(blockBytes, depth, 100, order, false, false);
    }

    /** Writes alone. */
    public static Work writing(Order order, int blockBytes, int depth) {
        return new Work(blockBytes, depth, 0, order, false, false);
    }

    /** The same, with a SYNCHRONIZE CACHE behind each write. */
    public Work withFlushes() {
        return new Work(blockBytes, depth, readPercent, order, true, verify);
    }
}
