package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.login.LoginAuthority;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A session as others see it: who is logged in, under which grant, and how to end it.
 *
 * <p>Thread-safe: its fields never change, and it is ended on its connection's event loop.
 */
public final class TargetSession {
    private final Nexus nexus;
    private final int tsih;
    private final LoginAuthority.Grant grant;
    private final String peer;
    private final Instant since;
    private final Executor loop;
    private final Runnable end;
    private final AtomicInteger commandsInFlight = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    /**
     * @param loop brings work to the connection's event loop
     * @param end ends the connection; run there, maybe more than once
     */
    TargetSession(
            Nexus nexus,
            int tsih,
            LoginAuthority.Grant grant,
            String peer,
            Instant since,
            Executor loop,
            Runnable end) {
        this.nexus = nexus;
        this.tsih = tsih;
        this.grant = grant;
        this.peer = peer;
        this.since = since;
        this.loop = loop;
        this.end = end;
    }

    public Nexus nexus() {
        return nexus;
    }

    /** Target session identifying handle (RFC 7143 §11.12.6). */
    public int tsih() {
        return tsih;
    }

    /** The leave it logged in with. */
    public LoginAuthority.Grant grant() {
        return grant;
    }

    /** Address and port of the initiator. */
    public String peer() {
        return peer;
    }

    /** When it logged in. */
    public Instant since() {
        return since;
    }

    /** SCSI commands that are being carried out now. */
    public int commandsInFlight() {
        return commandsInFlight.getOpaque();
    }

    /** Where the session counts them. */
    AtomicInteger inFlight() {
        return commandsInFlight;
    }

    /**
     * Ends it: commands in flight are not answered any more, and its connection is cut off.
     *
     * @return done when nothing of it can reach the store, and nothing the initiator, any more
     */
    public CompletableFuture<Void> end() {
        loop.execute(end);
        return drained.copy();
    }

    /** On the event loop: nothing of it can reach the store any more. */
    void hasDrained() {
        drained.complete(null);
    }
}
