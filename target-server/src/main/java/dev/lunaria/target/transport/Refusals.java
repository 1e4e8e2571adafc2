package dev.lunaria.target.transport;

import dev.lunaria.iscsi.login.LoginStatus;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what was refused, with the peer's address, no more often than a fixed rate.
 *
 * <p>Thread-safe. Bounded to {@link #BURST} lines in {@link #PERIOD}; what is left out is counted
 * in the next line.
 */
final class Refusals {
    static final int BURST = 20;
    static final Duration PERIOD = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final InstantSource clock;
    private Instant periodEnd = Instant.MIN;
    private int lines;
    private long leftOut;

    private final Map<LoginStatus, LongAdder> logins = new ConcurrentHashMap<>();

    Refusals(InstantSource clock) {
        this.clock = clock;
    }

    /** A login was refused, whether that is logged or not. */
    void loginRefused(LoginStatus status) {
        logins.computeIfAbsent(status, _ -> new LongAdder()).increment();
    }

    /** How many logins were refused so far, by what they were answered. */
    Map<LoginStatus, Long> refusedLogins() {
        Map<LoginStatus, Long> counts = new EnumMap<>(LoginStatus.class);
        logins.forEach((status, count) -> counts.put(status, count.sum()));
        return counts;
    }

    /** What a peer did was refused. */
    void log(SocketAddress peer, String what) {
        long silent = turn();
        if (silent >= 0) {
            LOG.atWarn()
                    .addKeyValue("peer", peer)
                    .addKeyValue("leftOut", silent)
                    .log("Refused, and the server goes on: {}", what);
        }
    }

    /** Something of ours failed. */
    void failed(SocketAddress peer, Throwable cause) {
        long silent = turn();
        if (silent >= 0) {
            LOG.atError()
                    .addKeyValue("peer", peer)
                    .addKeyValue("leftOut", silent)
                    .setCause(cause)
                    .log("A connection failed and is closed; the server goes on");
        }
    }

    /** How many lines were left out before this one; −1 if this one is left out too. */
    private synchronized long turn() {
        Instant now = clock.instant();
        if (now.isAfter(periodEnd)) {
            periodEnd = now.plus(PERIOD);
            lines = 0;
        }
        if (lines >= BURST) {
            leftOut++;
            return -1;
        }
        lines++;
        long silent = leftOut;
        leftOut = 0;
        return silent;
    }
}
