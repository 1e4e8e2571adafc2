package dev.lunaria.node.cluster;

import dev.lunaria.service.cli.Bound;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All times of the cluster that shares filesystems, from one: how long targets may be away.
 * Immutable; the same on all nodes, as members with others refuse to speak to each other (o2net's
 * handshake, Linux fs/ocfs2/cluster/tcp.c).
 *
 * <p>A node that can't write its heartbeat to one shared disk for {@link #resetsAfter} resets
 * itself, and the others take it for dead. So that is longer than any outage that is allowed for,
 * and no outage shorter than a target server's restart can be asked for.
 *
 * @param outage so long a target may be away before nodes reset themselves, {@link #SHORTEST} to
 *     {@link #LONGEST}
 */
public record ClusterTimeouts(Duration outage) {
    /** From SIGKILL of a target server until I/O flows again, as pods restart; with room. */
    public static final Duration TARGET_RESTART = Duration.ofSeconds(30);

    /** The shortest outage that may be asked for. */
    public static final Duration SHORTEST = TARGET_RESTART;

    /** The longest: so long, and somewhat longer, everybody waits for a node that died. */
    public static final Duration LONGEST = Duration.ofMinutes(10);

    /** As long as the kernel's initiator queues I/O for a target that is away, by default. */
    public static final Duration USUAL = Duration.ofMinutes(2);

    /** The kernel writes a heartbeat so often (O2HB_REGION_TIMEOUT_MS). */
    static final Duration BEAT = Duration.ofSeconds(2);

    /** Beats beyond the outage: the one under way when it began, and those until I/O flows. */
    private static final int BEATS_TO_SPARE = 5;

    /** Without a message of a member for so long its connection is taken for lost. */
    static final Duration IDLE = Duration.ofSeconds(30);

    /** Nothing said for so long: a keep-alive is sent. */
    static final Duration KEEP_ALIVE = Duration.ofSeconds(2);

    /** Between two attempts to connect. */
    static final Duration RECONNECT = Duration.ofSeconds(2);

    /**
     * A mount at the most: heartbeat is steady after five beats, members are connected within
     * {@link #IDLE}, and the journal of a dead one is replayed.
     */
    public static final Duration MOUNT = Duration.ofSeconds(100);

    /** What the outage in seconds may be, as a setting. */
    public static final Bound BOUND =
            new Bound.Whole((int) SHORTEST.toSeconds(), (int) LONGEST.toSeconds());

    public ClusterTimeouts {
        if (outage.compareTo(SHORTEST) < 0 || outage.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "an outage of %ds can't be allowed for; a target server's restart takes up to %ds, and %ds is the most"
                            .formatted(
                                    outage.toSeconds(), SHORTEST.toSeconds(), LONGEST.toSeconds()));
        }
    }

    /** O2CB_HEARTBEAT_THRESHOLD: beats that may be missed, and one. */
    int deadThreshold() {
        return (int) Math.ceilDiv(outage.toMillis(), BEAT.toMillis()) + BEATS_TO_SPARE + 1;
    }

    /** A node that can't write its heartbeat for so long resets itself. */
    public Duration resetsAfter() {
        return BEAT.multipliedBy(deadThreshold() - 1L);
    }

    /** The kernel's attributes below the cluster's folder in configfs, and what they are to be. */
    SortedMap<String, String> attributes() {
        return new TreeMap<>(
                Map.of(
                        "heartbeat/dead_threshold", Integer.toString(deadThreshold()),
                        "idle_timeout_ms", Long.toString(IDLE.toMillis()),
                        "keepalive_delay_ms", Long.toString(KEEP_ALIVE.toMillis()),
                        "reconnect_delay_ms", Long.toString(RECONNECT.toMillis())));
    }
}
