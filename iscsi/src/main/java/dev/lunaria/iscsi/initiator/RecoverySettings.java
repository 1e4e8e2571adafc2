package dev.lunaria.iscsi.initiator;

import java.time.Duration;
import java.util.Optional;

/**
 * The times and bounds of a session.
 *
 * @param nopInterval silence after which the target is pinged
 * @param nopTimeout how long an answer to a ping may take before the connection counts as lost
 * @param loginTimeout how long a login may take
 * @param commandTimeout how long a command may take before it is aborted and sent again
 * @param abortTimeout how long an ABORT TASK may take before the logical unit is reset
 * @param resetTimeout how long a LOGICAL UNIT RESET may take before the connection is dropped
 * @param logoutTimeout how long a logout may take before the connection is just closed
 * @param firstBackOff wait after all portals failed once; doubles each time
 * @param maxBackOff longest wait
 * @param replacementTimeout how long commands wait for a lost target before they fail; empty:
 *     forever
 * @param maxInFlight commands that are out at once, whatever the target's window allows
 * @param maxQueued commands that wait; one more fails with {@link DiskError#QUEUE_FULL}
 */
public record RecoverySettings(
        Duration nopInterval,
        Duration nopTimeout,
        Duration loginTimeout,
        Duration commandTimeout,
        Duration abortTimeout,
        Duration resetTimeout,
        Duration logoutTimeout,
        Duration firstBackOff,
        Duration maxBackOff,
        Optional<Duration> replacementTimeout,
        int maxInFlight,
        int maxQueued) {

    /** What holds unless somebody says otherwise. */
    public static final RecoverySettings DEFAULTS =
            new RecoverySettings(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(180),
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(1),
                    Optional.empty(),
                    128,
                    4096);
}
