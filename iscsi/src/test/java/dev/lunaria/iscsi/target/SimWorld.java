package dev.lunaria.iscsi.target;

import java.util.PriorityQueue;
import java.util.Random;

/** Time and chance of one simulation: everything happens in one order that the seed decides. */
final class SimWorld {
    private static final int MAX_EVENTS = 200_000;

    final Random random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long sequence;

    private record Event(long time, long sequence, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    SimWorld(long seed) {
        random = new Random(seed);
    }

    long now() {
        return now;
    }

    /** Something between the two, both included. */
    int between(int from, int to) {
        return from + random.nextInt(to - from + 1);
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    void in(int delay, Runnable what) {
        at(now + delay, what);
    }

    void at(long time, Runnable what) {
        events.add(new Event(time, sequence++, what));
    }

    /** An invariant; cheaper than an assertion of a library, of which there are millions. */
    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** Runs until nothing is left to happen. */
    void run() {
        for (int count = 0; !events.isEmpty(); count++) {
            if (count == MAX_EVENTS) {
                throw new AssertionError("the simulation doesn't come to rest");
            }
            Event next = events.remove();
            now = next.time;
            next.what.run();
        }
    }
}
