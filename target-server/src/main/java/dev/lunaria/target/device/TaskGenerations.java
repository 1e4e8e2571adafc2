package dev.lunaria.target.device;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts a unit's tasks by generations, so that a reset can wait for all that began before it while
 * others begin.
 *
 * <p>Any thread, lock-free but for resets. Bounded by the sessions' windows.
 */
final class TaskGenerations {
    private volatile Generation current = new Generation();

    /** Tasks between two resets. One token stands for "not yet succeeded", one for predecessors. */
    static final class Generation {
        private final AtomicInteger tokens = new AtomicInteger(1);
        private volatile Runnable ended = () -> {};

        private boolean enter() {
            return tokens.getAndUpdate(n -> n == 0 ? 0 : n + 1) != 0;
        }

        /** One task of it ended: nothing of it can reach the store any more. */
        void exit() {
            if (tokens.decrementAndGet() == 0) {
                ended.run();
            }
        }
    }

    /** A task begins; its {@link Generation#exit} is called once. */
    Generation begin() {
        while (true) {
            Generation generation = current;
            if (generation.enter()) {
                return generation;
            }
        }
    }

    /** Runs {@code done}, now or later, when all tasks have ended that began before. */
    void drain(Runnable done) {
        Generation next = new Generation();
        next.enter();
        Generation before = replace(next);
        before.ended =
                () -> {
                    done.run();
                    next.exit();
                };
        before.exit();
    }

    private synchronized Generation replace(Generation next) {
        Generation before = current;
        current = next;
        return before;
    }
}
