package dev.lunaria.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process has used, by /proc (proc(5)). Immutable; each call reads anew.
 *
 * @param pid of a process that lives
 */
public record ProcessUse(long pid) {
    /** USER_HZ: what /proc counts in, the same on every architecture that Linux has. */
    private static final long TICKS_PER_SECOND = 100;

    private static final long MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

    /** utime and stime come behind the name, which may hold anything, at these places. */
    private static final int USER = 11;

    private static final int SYSTEM = 12;

    /** CPU time of all its threads, user and system, in microseconds; in steps of 10 ms. */
    public long cpuMicros() throws IOException {
        String stat = Files.readString(file("stat"));
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        long ticks = Long.parseLong(fields.get(USER)) + Long.parseLong(fields.get(SYSTEM));
        return ticks * MICROS_PER_TICK;
    }

    /** Resident memory now, in bytes. */
    public long residentBytes() throws IOException {
        return status("VmRSS:");
    }

    /** The most that was resident so far, in bytes. */
    public long peakResidentBytes() throws IOException {
        return status("VmHWM:");
    }

    private long status(String key) throws IOException {
        List<String> lines = Files.readAllLines(file("status"));
        String line =
                lines.stream()
                        .filter(l -> l.startsWith(key))
                        .findFirst()
                        .orElseThrow(() -> new IOException("no " + key + " in " + file("status")));
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }

    private Path file(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }
}
