package dev.lunaria.iscsi.initiator;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/** Simulated time: what is to happen, in an order that the seed decides. One thread. */
final class SimClock {
    final Random random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(
                    Comparator.comparingLong(Event::at)
                            .thenComparingInt(Event::tie)
                            .thenComparingLong(Event::number));
    private long now;
    private long number;

    private record Event(long at, int tie, long number, Runnable action) {}

    SimClock(long seed) {
        random = new Random(seed);
    }

    long now() {
        return now;
    }

    /** Events of the same moment happen in any order. */
    void after(long nanos, Runnable action) {
        events.add(new Event(now + nanos, random.nextInt(), number++, action));
    }

    /** Behind what was given so before. */
    void inOrder(Runnable action) {
        events.add(new Event(now, 0, number++, action));
    }

    /** Lets the next thing happen; false where nothing is left. */
    boolean step() {
        Event next = events.poll();
        if (next == null) {
            return false;
        }
        now = next.at;
        next.action.run();
        return true;
    }
}
