package dev.lunaria.iscsi.initiator;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where to connect next, and after which pause: the portals in order, and after each round of all
 * of them a pause that doubles.
 *
 * <p>Owned by its session. Pauses are bounded by {@link RecoverySettings#maxBackOff}, and differ a
 * little by chance, so that a node's sessions don't come all at once.
 */
public final class PortalCycle {
    private static final int MAX_DOUBLINGS = 20;

    private final List<Portal> portals;
    private final RecoverySettings times;
    private final RandomGenerator random;
    private int index;
    private int rounds;

    /**
     * A cycle that begins with the first portal.
     *
     * @param random makes pauses differ
     */
    public PortalCycle(List<Portal> portals, RecoverySettings times, RandomGenerator random) {
        this.portals = List.copyOf(portals);
        this.times = times;
        this.random = random;
    }

    /** Where to try. */
    public Portal current() {
        return portals.get(index);
    }

    /** The current one failed. False where that was the last of the round: pause first. */
    public boolean advance() {
        index = (index + 1) % portals.size();
        if (index == 0) {
            rounds++;
        }
        return index != 0;
    }

    /** How long to wait after a round, in nanoseconds. */
    public long pause() {
        long longest = times.maxBackOff().toNanos();
        int doublings = Math.clamp(rounds - 1L, 0, MAX_DOUBLINGS);
        long pause = Math.min(times.firstBackOff().toNanos() << doublings, longest);
        return pause + random.nextLong(pause / 4 + 1);
    }

    /** Whether attempts have failed since the session last held. */
    boolean isTroubled() {
        return rounds > 0;
    }

    /** The session has held for a while: begin anew. */
    public void held() {
        index = 0;
        rounds = 0;
    }

    /** A first attempt is made now; the next failure counts. */
    void begin() {
        index = 0;
        rounds = 1;
    }
}
