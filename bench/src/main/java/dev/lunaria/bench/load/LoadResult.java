package dev.lunaria.bench.load;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What a load did in the time that was measured. Immutable.
 *
 * @param operations reads and writes that ended in that time
 * @param bytes that they moved
 * @param seconds that were measured
 * @param latency of each of them, in nanoseconds
 * @param verified blocks that were read again and compared; 0 where that wasn't asked for
 */
public record LoadResult(
        long operations, long bytes, double seconds, Histogram latency, long verified) {

    /** Operations a second. */
    public double iops() {
        return operations / seconds;
    }

    /** Millions of bytes a second. */
    public double megabytesPerSecond() {
        return bytes / seconds / 1e6;
    }

    /** The latency, in microseconds, within which so many of a hundred operations ended. */
    public double micros(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e3;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,.0f IOPS, %,.1f MB/s, p50 %,.0f us, p99 %,.0f us, p99.9 %,.0f us%s",
                iops(),
                megabytesPerSecond(),
                micros(50),
                micros(99),
                micros(99.9),
                verified == 0 ? "" : String.format(Locale.ROOT, ", %,d blocks compared", verified));
    }
}
