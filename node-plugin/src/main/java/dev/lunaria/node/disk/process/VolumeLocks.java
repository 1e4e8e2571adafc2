package dev.lunaria.node.disk.process;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One call at a time for each volume. Any thread; holds a lock only for volumes that somebody works
 * on or waits for.
 */
final class VolumeLocks {
    private final Map<String, Entry> entries = new HashMap<>();

    private static final class Entry {
        final ReentrantLock lock = new ReentrantLock();
        int users;
    }

    /**
     * Runs an action while nobody else works on the volume.
     *
     * @throws DiskFailure TOO_LONG where the others don't end in time
     */
    <T> T alone(String volume, Duration within, Supplier<T> action) {
        Entry entry = enter(volume);
        try {
            lock(entry.lock, volume, within);
            try {
                return action.get();
            } finally {
                entry.lock.unlock();
            }
        } finally {
            leave(volume, entry);
        }
    }

    private static void lock(ReentrantLock lock, String volume, Duration within) {
        try {
            if (lock.tryLock(within.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new DiskFailure(
                DiskFailure.Kind.TOO_LONG,
                "another call for volume " + volume + " is still under way; repeat");
    }

    private synchronized Entry enter(String volume) {
        Entry entry = entries.computeIfAbsent(volume, v -> new Entry());
        entry.users++;
        return entry;
    }

    private synchronized void leave(String volume, Entry entry) {
        if (--entry.users == 0) {
            entries.remove(volume);
        }
    }
}
