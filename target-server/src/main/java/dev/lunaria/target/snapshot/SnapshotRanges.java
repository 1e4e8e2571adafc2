package dev.lunaria.target.snapshot;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileExtents;
import dev.lunaria.linux.FileExtents.Extent;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.store.BlockStore.Range;
import dev.lunaria.target.store.SparseFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a snapshot holds data, and where it differs from an earlier one of the same LUN.
 *
 * <p>Any thread that may block; without state. One call is bounded by {@link #MAX_RANGES}, and by
 * {@link #COMPARED_BYTES} that it compares: then the answer says where to go on.
 *
 * <p>What differs is found by comparing bytes. Where both files share an extent of the disk, as
 * reflinks do, its bytes need not be read: neither file is ever written again.
 */
public final class SnapshotRanges {

    /** So many ranges are in one answer at most. */
    public static final int MAX_RANGES = 4096;

    /** So many bytes of each snapshot are compared by one call at most. */
    static final long COMPARED_BYTES = 256L << 20;

    /** What differs is told in pieces of so many bytes. */
    static final int GRANULE_BYTES = 4096;

    private static final int PIECE_BYTES = 1 << 20;
    private static final int RANGES_AT_ONCE = 256;

    private SnapshotRanges() {}

    /**
     * One page.
     *
     * @param nextOffset where the next one begins; 0: this is the last
     */
    public record Page(List<Range> ranges, long nextOffset) {}

    /**
     * Ranges that may hold data.
     *
     * @param from in bytes; ranges that end before are left out
     * @param most so many ranges at most
     * @throws RefusedException PRECONDITION where it isn't READY
     */
    public static Page allocated(Pool pool, CatalogSnapshot snapshot, long from, int most)
            throws RefusedException, IOException {
        snapshot.refuseUnlessReady();
        long size = snapshot.facts().sizeBytes();
        Collected collected = new Collected(most);
        try (Descriptor file = Copies.read(path(pool, snapshot))) {
            long at = start(from, size);
            while (at < size) {
                List<Range> data = SparseFiles.dataRanges(file, at, size - at, RANGES_AT_ONCE);
                for (Range range : data) {
                    at = up(range.offset() + range.length(), size);
                    if (!collected.add(down(range.offset()), at)) {
                        return new Page(collected.ranges, down(range.offset()));
                    }
                }
                if (data.size() < RANGES_AT_ONCE) {
                    break;
                }
            }
        }
        return new Page(collected.ranges, 0);
    }

    /**
     * Ranges in which the later one differs from the earlier.
     *
     * @throws RefusedException INVALID where they are not of the same LUN; PRECONDITION where one
     *     isn't READY
     */
    public static Page changed(
            Pool pool, CatalogSnapshot base, CatalogSnapshot later, long from, int most)
            throws RefusedException, IOException {
        if (!base.facts().lun().equals(later.facts().lun())) {
            throw new RefusedException(
                    Reason.INVALID,
                    "snapshots %s and %s are of different LUNs"
                            .formatted(base.facts().id(), later.facts().id()));
        }
        base.refuseUnlessReady();
        later.refuseUnlessReady();
        try (Descriptor before = Copies.read(path(pool, base));
                Descriptor after = Copies.read(path(pool, later))) {
            return new Comparison(
                            before,
                            after,
                            base.facts().sizeBytes(),
                            later.facts().sizeBytes(),
                            most)
                    .run(from);
        }
    }

    private static Path path(Pool pool, CatalogSnapshot snapshot) {
        return pool.folder().resolve(snapshot.data());
    }

    private static long start(long from, long size) {
        return from < 0 || from >= size ? size : down(from);
    }

    private static long down(long offset) {
        return offset - offset % GRANULE_BYTES;
    }

    private static long up(long offset, long size) {
        return Math.min(size, down(offset + GRANULE_BYTES - 1));
    }

    /** Ranges in order, those that touch each other as one. */
    private static final class Collected {
        private final List<Range> ranges = new ArrayList<>();
        private final int most;

        Collected(int most) {
            this.most = most <= 0 || most > MAX_RANGES ? MAX_RANGES : most;
        }

        /** False where there is no room for another one. */
        boolean add(long from, long until) {
            Range last = ranges.isEmpty() ? null : ranges.getLast();
            if (last != null && last.offset() + last.length() >= from) {
                long end = Math.max(until, last.offset() + last.length());
                ranges.set(ranges.size() - 1, new Range(last.offset(), end - last.offset()));
                return true;
            }
            if (ranges.size() == most) {
                return false;
            }
            ranges.add(new Range(from, until - from));
            return true;
        }
    }

    /** One call's walk through two files. Used by one thread. */
    private static final class Comparison {
        private final Descriptor before;
        private final Descriptor after;
        private final long beforeSize;
        private final long size;
        private final Collected collected;
        private final ByteBuffer left = ByteBuffer.allocateDirect(PIECE_BYTES);
        private final ByteBuffer right = ByteBuffer.allocateDirect(PIECE_BYTES);
        private long compared;

        Comparison(Descriptor before, Descriptor after, long beforeSize, long size, int most) {
            this.before = before;
            this.after = after;
            this.beforeSize = beforeSize;
            this.size = size;
            this.collected = new Collected(most);
        }

        Page run(long from) throws IOException {
            long at = start(from, size);
            while (at < size) {
                long data = Math.min(nextData(before, at), nextData(after, at));
                if (data >= size) {
                    break;
                }
                at = down(Math.max(at, data));
                long until = Math.min(size, at - at % PIECE_BYTES + PIECE_BYTES);
                if (compared >= COMPARED_BYTES) {
                    return new Page(collected.ranges, at);
                }
                if (!sharesExtents(at, until)) {
                    long full = compare(at, until);
                    if (full >= 0) {
                        return new Page(collected.ranges, full);
                    }
                }
                at = until;
            }
            return new Page(collected.ranges, 0);
        }

        private long nextData(Descriptor file, long at) throws LinuxException {
            long data = FileControl.seekData(file, at);
            return data == FileControl.NO_MORE_DATA ? size : data;
        }

        private boolean sharesExtents(long from, long until) throws LinuxException {
            List<Extent> mine = FileExtents.of(before, from, until - from);
            List<Extent> others = FileExtents.of(after, from, until - from);
            return FileExtents.areTheSame(mine, others, from, until);
        }

        /** Gives where there was no room for a range; otherwise a negative number. */
        private long compare(long from, long until) throws IOException {
            int length = (int) (until - from);
            fill(left, before, from, length, beforeSize);
            fill(right, after, from, length, size);
            compared += length;
            for (int at = 0; at < length; at += GRANULE_BYTES) {
                int bytes = Math.min(GRANULE_BYTES, length - at);
                boolean beyond = from + at >= beforeSize;
                boolean differs = beyond || !left.slice(at, bytes).equals(right.slice(at, bytes));
                if (differs && !collected.add(from + at, from + at + bytes)) {
                    return from + at;
                }
            }
            return -1;
        }

        /** What lies behind the end reads as zeros. */
        private static void fill(ByteBuffer into, Descriptor file, long from, int length, long end)
                throws LinuxException {
            into.clear().limit(length);
            int there = Math.clamp(end - from, 0, length);
            int read = there == 0 ? 0 : FileIo.readFully(file, into.slice(0, there), from);
            for (int i = read; i < length; i++) {
                into.put(i, (byte) 0);
            }
        }
    }
}
