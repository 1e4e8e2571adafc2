package dev.lunaria.controller.volume;

import java.util.function.Supplier;

/**
 * Kills at a step: even ones before it is done, odd ones after. Used by any thread of one trial.
 */
final class Steps {

    /** The process is gone; nothing catches this. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private int left = Integer.MAX_VALUE;

    /** So many more kill points are passed. */
    synchronized void killAfter(int points) {
        left = points;
    }

    <T> T step(Supplier<T> work) {
        kill();
        T result = work.get();
        kill();
        return result;
    }

    void step(Runnable work) {
        kill();
        work.run();
        kill();
    }

    private synchronized void kill() {
        if (left-- == 0) {
            throw new Killed();
        }
    }
}
