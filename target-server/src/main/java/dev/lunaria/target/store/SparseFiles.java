package dev.lunaria.target.store;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.target.store.BlockStore.Range;
import java.util.ArrayList;
import java.util.List;

/** Where a sparse file holds data. Stateless: any thread; may block. */
public final class SparseFiles {

    private SparseFiles() {}

    /** The ranges within the given one that may hold data, in order; the rest reads as zeros. */
    public static List<Range> dataRanges(Descriptor file, long offset, long length)
            throws LinuxException {
        return dataRanges(file, offset, length, Integer.MAX_VALUE);
    }

    /** The same, but the first so many ranges only. */
    public static List<Range> dataRanges(Descriptor file, long offset, long length, int most)
            throws LinuxException {
        List<Range> ranges = new ArrayList<>();
        long end = offset + length;
        long at = FileControl.seekData(file, offset);
        while (at != FileControl.NO_MORE_DATA && at < end && ranges.size() < most) {
            long hole = FileControl.seekHole(file, at);
            long until = hole == FileControl.NO_MORE_DATA ? end : Math.min(hole, end);
            ranges.add(new Range(at, until - at));
            if (until >= end) {
                break;
            }
            at = FileControl.seekData(file, until);
        }
        return ranges;
    }
}
