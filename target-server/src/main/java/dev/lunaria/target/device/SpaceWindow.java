package dev.lunaria.target.device;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a full pool has been full: for a minute writes are answered BUSY, so that space that
 * returns in time costs no filesystem.
 *
 * <p>Any thread, guarded by its own lock. A pause of {@link #QUIET} without a refusal begins a new
 * window: writes into space that is allocated already succeed all the time and say nothing.
 */
final class SpaceWindow {

    /** Without a refusal for so long, space has returned: initiators repeat sooner. */
    static final Duration QUIET = Duration.ofSeconds(35);

    private Instant since = Instant.MIN;
    private Instant last = Instant.MIN;

    /** A write was refused for want of space: whether the initiator shall try again. */
    synchronized boolean isTransient(Instant now) {
        if (last.isBefore(now.minus(QUIET))) {
            since = now;
        }
        last = now;
        return Duration.between(since, now).compareTo(UnitLimits.SPACE_WINDOW) < 0;
    }
}
