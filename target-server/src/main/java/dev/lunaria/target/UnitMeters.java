package dev.lunaria.target;

import dev.lunaria.service.metrics.OperationMeter;
import dev.lunaria.target.grant.Granted;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * What is counted for each volume and node: one meter for the sessions of a node on a volume, which
 * goes on when the session comes back.
 *
 * <p>Any thread; its lock is held for a few instructions when a session begins or ends, and for a
 * scrape. Bounded: at most {@link #MAX} pairs have a meter of their own, first come first served;
 * those beyond share one, under {@value #OTHERS}. A pair whose last session ended {@link #KEPT} ago
 * has no meter any more, nor has a volume that was deleted.
 */
final class UnitMeters {
    /** Pairs of volume and node with series of their own. */
    static final int MAX = 1024;

    /**
     * So long a pair without a session is still shown, so that nothing is missed between scrapes.
     */
    static final Duration KEPT = Duration.ofMinutes(10);

    /** The label of all pairs beyond the bound. */
    static final String OTHERS = "_others";

    private final int max;
    private final InstantSource clock;
    private final Map<Pair, Meter> meters = new HashMap<>();
    private final Meter others = new Meter();

    /** A node on a volume. */
    record Pair(String volume, String node) {
        static Pair of(Granted granted) {
            return new Pair(
                    granted.pool().id() + "/" + granted.lun().facts().id(), granted.grant().node());
        }
    }

    /** What is counted for one pair. Counters: any thread; the rest under the lock. */
    static final class Meter {
        private final OperationMeter operations = new OperationMeter();
        private final AtomicLong logins = new AtomicLong();
        private final AtomicLong recoveries = new AtomicLong();
        private final AtomicInteger sessions = new AtomicInteger();
        private boolean interrupted;
        private Instant idleSince = Instant.MAX;

        OperationMeter operations() {
            return operations;
        }
    }

    UnitMeters(InstantSource clock) {
        this(clock, MAX);
    }

    UnitMeters(InstantSource clock, int max) {
        this.clock = clock;
        this.max = max;
    }

    /** A session has begun; one that follows another which never logged out is a recovery. */
    synchronized Meter attached(Pair pair) {
        Meter meter = meters.get(pair);
        if (meter == null) {
            forgetIdle();
            meter = others;
            if (meters.size() < max) {
                meter = new Meter();
                meters.put(pair, meter);
            }
        }
        meter.logins.incrementAndGet();
        if (meter.interrupted && meter != others) {
            meter.recoveries.incrementAndGet();
        }
        meter.interrupted = false;
        meter.sessions.incrementAndGet();
        meter.idleSince = Instant.MAX;
        return meter;
    }

    /** A session has ended. */
    synchronized void ended(Meter meter, boolean loggedOut) {
        meter.interrupted = !loggedOut;
        if (meter.sessions.decrementAndGet() == 0) {
            meter.idleSince = clock.instant();
        }
    }

    private void forgetIdle() {
        Instant before = clock.instant().minus(KEPT);
        meters.values().removeIf(meter -> meter.idleSince.isBefore(before));
    }

    /** All there are now, for a scrape. */
    synchronized Map<Pair, Meter> all(Predicate<String> volumeExists) {
        forgetIdle();
        meters.keySet().removeIf(pair -> !volumeExists.test(pair.volume()));
        Map<Pair, Meter> all = new HashMap<>(meters);
        if (others.logins.get() > 0) {
            all.put(new Pair(OTHERS, OTHERS), others);
        }
        return all;
    }

    static List<String> labels(Pair pair) {
        return List.of(pair.volume(), pair.node());
    }

    static long logins(Meter meter) {
        return meter.logins.get();
    }

    static long recoveries(Meter meter) {
        return meter.recoveries.get();
    }

    static int sessions(Meter meter) {
        return meter.sessions.get();
    }
}
