package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.linux.IscsiMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session of the kernel's initiator: logged in, watched, logged in again after each loss, and
 * ended.
 *
 * <p>Any thread; what is done to the session takes turns. It has no thread of its own: what is due
 * runs on the recoveries' threads. States go NEW → ONLINE ⇄ RECOVERING → FENCED or ENDED, of which
 * nothing comes back.
 */
final class KernelSession {
    private static final Logger log = LoggerFactory.getLogger(KernelSession.class);
    private static final Duration DEFAULT_TIME2WAIT = Duration.ofSeconds(2);

    /** How often the tree is looked at beside waiting for the event. */
    private static final Duration UNBOUND_LOOK = Duration.ofMillis(100);

    /** Where a session stands. */
    enum State {
        /** Never logged in. */
        NEW,
        /** Commands flow. */
        ONLINE,
        /** The connection is lost; commands wait. */
        RECOVERING,
        /** The target refused the login; commands fail. */
        FENCED,
        /** Logged out, or destroyed by us. */
        ENDED
    }

    /** Where it stands, and why. */
    record Status(State state, String reason) {}

    /** What a session works with; the same for all sessions of a process. */
    record Surroundings(
            KernelInitiator initiator,
            SessionTree tree,
            ScheduledExecutorService threads,
            RandomGenerator random) {}

    private final Surroundings with;
    private final SessionSettings settings;
    private final Supplier<SessionSettings> credentials;
    private final String interfaceName;
    private final KernelInitiator.Numbers numbers;
    private final SessionEvents events = new SessionEvents();
    private final ReentrantLock turn = new ReentrantLock();
    private final Retries retries;
    private final CompletableFuture<Status> firstLogin = new CompletableFuture<>();
    private final CompletableFuture<Void> unbound = new CompletableFuture<>();
    private volatile Status status = new Status(State.NEW, "not logged in yet");
    private volatile @Nullable String endingBecause;
    private Duration time2Wait = DEFAULT_TIME2WAIT;

    private KernelSession(
            Surroundings with,
            SessionSettings settings,
            Supplier<SessionSettings> credentials,
            String interfaceName,
            KernelInitiator.Numbers numbers) {
        this.with = with;
        this.settings = settings;
        this.credentials = credentials;
        this.interfaceName = interfaceName;
        this.numbers = numbers;
        this.retries = new Retries(settings.portals(), settings.times(), with.random());
    }

    /**
     * Makes a session and begins to log in.
     *
     * @param interfaceName the name that tells our sessions from others'
     */
    static KernelSession open(Surroundings with, SessionSettings settings, String interfaceName)
            throws IOException {
        KernelInitiator.Numbers numbers =
                with.initiator()
                        .createSession(settings.times().maxInFlight(), SessionNames.QUEUE_DEPTH);
        var session = new KernelSession(with, settings, () -> settings, interfaceName, numbers);
        with.initiator().listen(numbers.session(), session::received);
        session.schedule(session.retries.first());
        return session;
    }

    /**
     * Takes over a session that an earlier process made.
     *
     * @param settings with portals, names and times
     * @param credentials the same with secrets; asked for when there is a login to make, may fail
     *     with a RuntimeException that says why there are none yet
     */
    static KernelSession adopt(
            Surroundings with,
            SessionSettings settings,
            Supplier<SessionSettings> credentials,
            String interfaceName,
            KernelInitiator.Numbers numbers) {
        var session = new KernelSession(with, settings, credentials, interfaceName, numbers);
        with.initiator().listen(numbers.session(), session::received);
        session.become(State.ONLINE, "taken over");
        session.look();
        return session;
    }

    Status status() {
        return status;
    }

    KernelInitiator.Numbers numbers() {
        return numbers;
    }

    /** Completes when the session is ONLINE for the first time, or FENCED or ENDED before that. */
    CompletableFuture<Status> firstLogin() {
        return firstLogin;
    }

    /** On the thread that reads events. */
    private void received(IscsiMessage event) {
        switch (event) {
            case IscsiMessage.SessionUnbound _, IscsiMessage.SessionGone _ ->
                    unbound.complete(null);
            case IscsiMessage.PduReceived _ -> events.offer(event);
            case IscsiMessage.ConnectionLost lost -> {
                if (!events.offer(event)) {
                    later(
                            Duration.ZERO,
                            () -> lost("the connection was lost (" + lost.code() + ")"));
                }
            }
            case IscsiMessage.Answer _, IscsiMessage.Other _ -> {}
        }
    }

    /** Compares with the kernel, for events that never came. */
    void look() {
        if (status.state() != State.ONLINE) {
            return;
        }
        if (!with.tree().exists(numbers.session())) {
            later(Duration.ZERO, () -> end("somebody else has removed the session", State.FENCED));
        } else if (!with.tree().isLoggedIn(numbers.session())) {
            later(Duration.ZERO, () -> lost("the kernel says that it isn't logged in"));
        }
    }

    private void lost(String why) {
        inTurn(() -> {
            if (status.state() != State.ONLINE || isLoggedInAgain(why)) {
                return;
            }
            log.atWarn()
                    .addKeyValue("target", settings.targetName())
                    .addKeyValue("reason", why)
                    .log("the target is away; I/O waits until it is back");
            become(State.RECOVERING, why);
            suspend();
            schedule(retries.afterLoss(time2Wait));
        });
    }

    /** A look that was right when it was taken, and isn't any more. */
    private boolean isLoggedInAgain(String why) {
        return why.startsWith("the kernel says") && with.tree().isLoggedIn(numbers.session());
    }

    private void schedule(Retries.Try next) {
        later(next.pause(), () -> inTurn(() -> attempt(next)));
    }

    private void attempt(Retries.Try next) {
        if (isOver() || status.state() == State.ONLINE || endingBecause != null) {
            return;
        }
        switch (login(next)) {
            case LoginOutcome.Established established -> online(established);
            case LoginOutcome.Refused refused -> fence(refused.why());
            case LoginOutcome.Failed failed -> {
                log.atDebug()
                        .addKeyValue("target", settings.targetName())
                        .addKeyValue("reason", failed.why())
                        .log("no login; trying on");
                suspend();
                if (endingBecause == null) {
                    become(status.state(), failed.why());
                    schedule(retries.afterFailure(failed.next()));
                }
            }
        }
    }

    private LoginOutcome login(Retries.Try next) {
        SessionSettings now;
        try {
            now = credentials.get();
        } catch (RuntimeException e) {
            return new LoginOutcome.Failed(String.valueOf(e.getMessage()), null);
        }
        // StatSN goes on where it was; a session that never logged in has none.
        int expStatSn =
                status.state() == State.NEW ? 0 : with.tree().expectedStatSn(numbers.session());
        return new KernelLogin(with.initiator(), now, interfaceName, with.random())
                .at(numbers.session(), next.portal(), expStatSn, events);
    }

    private void online(LoginOutcome.Established established) {
        time2Wait = Duration.ofSeconds(established.result().session().time2Wait());
        boolean again = status.state() == State.RECOVERING;
        retries.held();
        become(State.ONLINE, "");
        log.atInfo()
                .addKeyValue("target", settings.targetName())
                .addKeyValue("session", numbers.session())
                .log(again ? "the target is back; I/O goes on" : "logged in");
        try {
            with.tree().resume(numbers);
        } catch (IOException e) {
            log.atDebug().setCause(e).log("no disk to resume");
        }
        IscsiMessage loss = events.leftLoss();
        if (loss instanceof IscsiMessage.ConnectionLost lost) {
            later(Duration.ZERO, () -> lost("the connection was lost (" + lost.code() + ")"));
        }
    }

    private void fence(String why) {
        log.atWarn()
                .addKeyValue("target", settings.targetName())
                .addKeyValue("reason", why)
                .log("the target refuses this node for good; the disk is removed, its I/O fails");
        finish(State.FENCED, why);
    }

    /**
     * Ends it at once, whatever uses its disk: what waits fails with EIO. Returns when the kernel
     * was told, not when all of it is gone.
     */
    void end(String why) {
        end(why, State.ENDED);
    }

    private void end(String why, State as) {
        endingBecause = why;
        events.interrupt();
        inTurn(() -> {
            if (!isOver()) {
                finish(as, why);
            }
        });
    }

    /**
     * Logs out in order: the disk goes first, then the session.
     *
     * @param within for the disk to go; then the session is ended without it
     */
    void logOut(Duration within) throws IOException {
        endingBecause = "logged out";
        turn.lock();
        try {
            if (isOver()) {
                return;
            }
            with.initiator().unbind(numbers.session());
            awaitUnbound(within);
            if (status.state() == State.ONLINE) {
                sendLogout();
            }
            finish(State.ENDED, "logged out");
        } finally {
            turn.unlock();
        }
    }

    /** The kernel sends no event where the disk was gone already. */
    private void awaitUnbound(Duration within) throws IOException {
        long end = System.nanoTime() + within.toNanos();
        while (!unbound.isDone()
                && with.tree().disk(numbers).isPresent()
                && System.nanoTime() < end) {
            try {
                unbound.get(UNBOUND_LOOK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                log.trace("the disk is still there", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (ExecutionException e) {
                throw new IllegalStateException("nothing completes it exceptionally", e);
            }
        }
    }

    private void sendLogout() {
        events.begin();
        try {
            with.initiator()
                    .send(
                            numbers.session(),
                            LoginPdus.encode(new LogoutRequest(true, 0, 0, 0, 0, 0)));
            events.next(settings.times().logoutTimeout().toNanos());
        } catch (IOException e) {
            log.debug("no logout; the session ends all the same", e);
        } finally {
            events.end();
        }
    }

    private void finish(State as, String why) {
        become(as, why);
        try {
            with.initiator().destroy(numbers.session());
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("target", settings.targetName())
                    .addKeyValue("session", numbers.session())
                    .setCause(e)
                    .log(
                            "the kernel doesn't remove a session; it is tried again at the next start");
        } finally {
            with.initiator().forget(numbers.session());
        }
    }

    private void suspend() {
        try {
            with.initiator().suspend(numbers.session());
        } catch (IOException e) {
            log.debug("nothing to suspend", e);
        }
    }

    private void become(State state, String reason) {
        status = new Status(state, reason);
        switch (state) {
            case ONLINE, FENCED, ENDED -> firstLogin.complete(status);
            case NEW, RECOVERING -> {}
        }
    }

    private boolean isOver() {
        return switch (status.state()) {
            case NEW, ONLINE, RECOVERING -> false;
            case FENCED, ENDED -> true;
        };
    }

    private void inTurn(Runnable work) {
        turn.lock();
        try {
            work.run();
        } finally {
            turn.unlock();
        }
    }

    private void later(Duration pause, Runnable work) {
        try {
            var _ = with.threads().schedule(work, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("this process is stopping; its successor takes the session over", e);
        }
    }
}
