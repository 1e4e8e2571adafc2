package dev.lunaria.controller.volume;

import java.util.List;

/**
 * Some ranges of a snapshot, in order. Immutable.
 *
 * @param nextOffset where the next page begins, in bytes; 0: this is the last
 * @param sizeBytes of the whole snapshot
 */
public record RangePage(List<Range> ranges, long nextOffset, long sizeBytes) {

    /** In bytes. */
    public record Range(long offset, long length) {}

    public RangePage {
        ranges = List.copyOf(ranges);
    }

    public boolean isLast() {
        return nextOffset == 0;
    }
}
