package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.PortalCycle;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where and when a session tries to log in next: its portals in order, after a lost connection not
 * before Time2Wait, and a pause that doubles after each round. Owned by its session; pure.
 */
final class Retries {
    /** A target that sends us round in circles is paused for like one that is away. */
    private static final int MOST_REDIRECTIONS = 3;

    private final PortalCycle cycle;
    private int redirections;

    /** A try. */
    record Try(Portal portal, Duration pause) {}

    Retries(List<Portal> portals, RecoverySettings times, RandomGenerator random) {
        this.cycle = new PortalCycle(portals, times, random);
    }

    /** The first of a session. */
    Try first() {
        return new Try(cycle.current(), Duration.ZERO);
    }

    /**
     * The first after a connection was lost: where it was, when the target's tasks are gone.
     *
     * @param time2Wait as it was negotiated (RFC 7143 §13.14)
     */
    Try afterLoss(Duration time2Wait) {
        return new Try(cycle.current(), time2Wait);
    }

    /**
     * The next after a try that failed.
     *
     * @param redirection where the target has sent us; null: nowhere
     */
    Try afterFailure(@Nullable Portal redirection) {
        if (redirection != null && redirections < MOST_REDIRECTIONS) {
            redirections++;
            return new Try(redirection, Duration.ZERO);
        }
        redirections = 0;
        return cycle.advance()
                ? new Try(cycle.current(), Duration.ZERO)
                : new Try(cycle.current(), Duration.ofNanos(cycle.pause()));
    }

    /** A login has succeeded. */
    void held() {
        redirections = 0;
        cycle.held();
    }
}
