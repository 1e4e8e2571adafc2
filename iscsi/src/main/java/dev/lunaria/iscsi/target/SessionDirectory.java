package dev.lunaria.iscsi.target;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Who is logged in, and who still has something to drain: each path of an initiator to a target has
 * one session, whichever portal it came through ({@link Nexus.Path} says why), and who reinstates
 * it waits until nothing of the session before can reach the store (RFC 7143 §6.3.5).
 *
 * <p>Thread-safe: sessions on all event loops and the admin API share it. Bounded by a number of
 * sessions, and by the 16 bits of a TSIH.
 */
public final class SessionDirectory {
    private static final int LARGEST_TSIH = 0xffff;

    private final int limit;
    private final Map<Integer, TargetSession> byTsih = new ConcurrentHashMap<>();
    private final Map<Nexus.Path, TargetSession> byPath = new ConcurrentHashMap<>();
    private int lastTsih;

    /**
     * @param limit how many sessions there may be
     */
    public SessionDirectory(int limit) {
        if (limit < 1 || limit > LARGEST_TSIH) {
            throw new IllegalArgumentException("limit " + limit);
        }
        this.limit = limit;
    }

    /** Every session that is logged in, logging in behind another, or draining. */
    public List<TargetSession> sessions() {
        return List.copyOf(byTsih.values());
    }

    /**
     * Ends sessions; what they had in flight is drained or dropped. A fence calls this after the
     * grant is durably gone: a login that was on its way either finds that out or is found here.
     *
     * @return done when nothing of them can reach the store any more, sessions included that were
     *     draining already
     */
    public CompletableFuture<Void> end(Predicate<? super TargetSession> which) {
        return CompletableFuture.allOf(
                byTsih.values().stream()
                        .filter(which)
                        .map(TargetSession::end)
                        .toArray(CompletableFuture<?>[]::new));
    }

    /** Whether a session has that TSIH. */
    public boolean has(int tsih) {
        return byTsih.containsKey(tsih);
    }

    /** A TSIH that nobody has, or 0 if the directory is full. */
    synchronized int reserveTsih() {
        if (byTsih.size() >= limit) {
            return 0;
        }
        do {
            lastTsih = lastTsih % LARGEST_TSIH + 1;
        } while (byTsih.containsKey(lastTsih));
        return lastTsih;
    }

    /**
     * Enters a session, and ends the one that its path had before.
     *
     * @return done when that one has drained: the session may begin
     */
    CompletableFuture<Void> enter(TargetSession session) {
        byTsih.put(session.tsih(), session);
        TargetSession before = byPath.put(session.nexus().path(), session);
        return before == null ? CompletableFuture.completedFuture(null) : before.end();
    }

    /** A session has drained. */
    void left(TargetSession session) {
        byTsih.remove(session.tsih(), session);
        byPath.remove(session.nexus().path(), session);
    }
}
