package dev.lunaria.iscsi.target;

/**
 * Waits until a number of things have ended, then runs something once.
 *
 * <p>Owned by the session's event loop.
 */
final class Drain {
    private final Runnable done;
    private int remaining = 1;

    Drain(Runnable done) {
        this.done = done;
    }

    /** One more to wait for. */
    void add() {
        remaining++;
    }

    /** One has ended; or, once, everything to wait for has been added. */
    void ended() {
        remaining--;
        if (remaining == 0) {
            done.run();
        }
    }
}
