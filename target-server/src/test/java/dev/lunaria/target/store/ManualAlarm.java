package dev.lunaria.target.store;

import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock and its alarms that move when a test says so. Owned by one test. */
final class ManualAlarm implements RateLimitedStore.Alarm {

    private record Due(long at, long number, Runnable what) {}

    private final PriorityQueue<Due> pending =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));
    private long now;
    private long set;

    @Override
    public void in(long nanos, Runnable what) {
        pending.add(new Due(now + nanos, set++, what));
    }

    long now() {
        return now;
    }

    /** Alarms that are set. */
    int pending() {
        return pending.size();
    }

    /** Goes on to that time, and rings what is due on the way. */
    void advanceTo(long time) {
        while (!pending.isEmpty() && pending.peek().at() <= time) {
            Due due = pending.remove();
            now = Math.max(now, due.at());
            due.what().run();
        }
        now = Math.max(now, time);
    }

    /** Goes on to the next alarm; false: there is none. */
    boolean advanceToNext() {
        if (pending.isEmpty()) {
            return false;
        }
        advanceTo(pending.peek().at());
        return true;
    }
}
