package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.RejectReason;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An iSCSI session to one logical unit that outlives its connections (RFC 7143 §4.2, §6.3.5): the
 * recovery machine around {@link InitiatorConnection}.
 *
 * <p>Owned by one event loop: every call comes from it. A pure function of its calls, the clock and
 * the random numbers that it is given. At most {@link RecoverySettings#maxQueued} commands wait and
 * {@link RecoverySettings#maxInFlight} are out.
 *
 * <p>When a connection is lost, what was out is kept, and sent again in the order of CmdSN after a
 * login with the same ISID and TSIH 0, which reinstates the session. Every command completes
 * exactly once. A login that the target refuses for authorisation is final: it means that this node
 * is fenced, and all commands fail at once.
 */
public final class InitiatorSession {
    private static final int REDIRECTION = 1;
    private static final int INITIATOR_ERROR = 2;
    private static final int AUTHENTICATION_FAILED = 1;
    private static final int TARGET_REMOVED = 4;
    private static final int MAX_REJECTIONS = 3;
    private static final int MAX_WAIT_SECONDS = 30;

    /** A session that held for so long, in nanoseconds, is tried again at once when it breaks. */
    private static final long STABLE = 5_000_000_000L;

    private final PortalCycle portals;
    private final LoginDialogue.Factory logins;
    private final RecoverySettings times;
    private final SessionDriver driver;
    private final SessionListener listener;
    private final LongSupplier clock;
    private final RandomGenerator random;
    private final CommandQueue queue;
    private final ConnectionOwner owner = new ConnectionOwner();

    private SessionState state = SessionState.NEW;
    private String reason = "not started";
    private @Nullable LoginDialogue login;
    private @Nullable InitiatorConnection connection;
    private int loginCmdSn;
    private long stateSince;
    private long offlineSince;
    private long retryAt;
    private int time2Wait;
    private boolean closing;
    private boolean logoutSent;
    private long logoutSentAt;
    private boolean draining;
    private boolean pumping;

    InitiatorSession(
            List<Portal> portals,
            LoginDialogue.Factory logins,
            RecoverySettings times,
            SessionDriver driver,
            SessionListener listener,
            LongSupplier clock,
            RandomGenerator random) {
        if (portals.isEmpty()) {
            throw new IllegalArgumentException("a session needs a portal");
        }
        this.portals = new PortalCycle(portals, times, random);
        this.logins = logins;
        this.times = times;
        this.driver = driver;
        this.listener = listener;
        this.clock = clock;
        this.random = random;
        queue = new CommandQueue(times.maxQueued());
    }

    /**
     * A session that isn't started yet.
     *
     * @param clock nanoseconds that only grow
     * @param random cryptographically strong: makes CHAP challenges
     */
    public static InitiatorSession create(
            SessionSettings settings,
            SessionDriver driver,
            SessionListener listener,
            LongSupplier clock,
            RandomGenerator random) {
        return new InitiatorSession(
                settings.portals(),
                cmdSn -> new NegotiatedLogin(settings, cmdSn, random),
                settings.times(),
                driver,
                listener,
                clock,
                random);
    }

    public SessionState state() {
        return state;
    }

    /** Why the state is what it is, for people. */
    public String reason() {
        return reason;
    }

    /** Connects for the first time. */
    public void start() {
        require(state == SessionState.NEW);
        offlineSince = clock.getAsLong();
        connect();
    }

    /** Carries out a command, now or when the target is there again. */
    public void submit(ScsiRequest request, ScsiRequest.Completion completion) {
        Task task = new Task(request, false, completion);
        if (state.isFinal() || closing) {
            fail(task, state == SessionState.FENCED ? DiskError.FENCED : DiskError.CLOSED, reason);
        } else if (replacementTimedOut()) {
            fail(task, DiskError.TIMED_OUT, reason);
        } else if (!queue.add(task)) {
            fail(task, DiskError.QUEUE_FULL, "too many commands wait");
        } else {
            pump();
        }
    }

    /**
     * Carries out a command of the owner's own while nobody else's are sent: to look at what
     * answers. Fails with {@link DiskError#CONNECTION_LOST} when the connection goes.
     */
    public void probe(ScsiRequest request, ScsiRequest.Completion completion) {
        Task task = new Task(request, true, completion);
        if (state != SessionState.VERIFYING) {
            fail(task, DiskError.CONNECTION_LOST, reason);
        } else {
            queue.addProbe(task);
            pump();
        }
    }

    /** What answers is the right logical unit: commands may flow. */
    public void open() {
        if (state == SessionState.VERIFYING) {
            SessionState next = closing ? SessionState.CLOSING : SessionState.ONLINE;
            enter(next, "logged in at " + portals.current());
            pump();
        }
    }

    /** Ends it for good without asking the target; everything fails. */
    public void fence(String why) {
        if (!state.isFinal()) {
            end(SessionState.FENCED, DiskError.FENCED, why);
        }
    }

    /** Looks at the answer of a probe as a reason to log in again, after a pause. */
    public void relogin(String why) {
        if (state == SessionState.VERIFYING || state == SessionState.ONLINE) {
            connectionLost(why);
        }
    }

    /** Carries out what was submitted, however long that takes, then logs out. */
    public void close() {
        switch (state) {
            case ONLINE -> {
                closing = true;
                enter(SessionState.CLOSING, "closing");
                pump();
            }
            case NEW, CONNECTING, LOGGING_IN, VERIFYING, WAITING -> {
                closing = true;
                if (queue.isEmpty()) {
                    end(SessionState.CLOSED, DiskError.CLOSED, "closed");
                }
            }
            case CLOSING, CLOSED, FENCED -> {}
        }
    }

    /** The driver's connection is there. */
    public void connected() {
        require(state == SessionState.CONNECTING);
        loginCmdSn = random.nextInt();
        LoginDialogue dialogue = logins.begin(loginCmdSn);
        login = dialogue;
        enter(SessionState.LOGGING_IN, "logging in at " + portals.current());
        driver.send(dialogue.first());
    }

    /** The driver's connection could not be made. */
    public void connectFailed(String why) {
        require(state == SessionState.CONNECTING);
        nextPortal(portals.current() + ": " + why);
    }

    /** The driver's connection is gone. */
    public void disconnected(String why) {
        connectionLost(why);
    }

    /** A PDU came in. */
    public void received(TargetPdu pdu) {
        try {
            if (login != null) {
                loginStep(login, pdu);
            } else if (connection != null) {
                connection.received(pdu, clock.getAsLong());
            }
        } catch (ProtocolViolation e) {
            connectionLost(String.valueOf(e.getMessage()));
        }
        pump();
    }

    /** Time has passed; to be called about ten times a second. */
    public void tick() {
        long now = clock.getAsLong();
        switch (state) {
            case CONNECTING, LOGGING_IN -> {
                if (now - stateSince >= times.loginTimeout().toNanos()) {
                    dropConnection();
                    nextPortal(portals.current() + ": no answer in time");
                }
            }
            case WAITING -> {
                if (now - retryAt >= 0) {
                    connect();
                }
            }
            case VERIFYING, ONLINE, CLOSING -> tickConnection(now);
            case NEW, CLOSED, FENCED -> {}
        }
        if (replacementTimedOut()) {
            queue.takeAll().forEach(t -> fail(t, DiskError.TIMED_OUT, reason));
        }
    }

    private void tickConnection(long now) {
        queue.release(now);
        if (logoutSent && now - logoutSentAt >= times.logoutTimeout().toNanos()) {
            connectionLost("the logout isn't answered");
            return;
        }
        try {
            if (connection != null) {
                connection.tick(now);
            }
        } catch (ProtocolViolation e) {
            connectionLost(String.valueOf(e.getMessage()));
        }
        pump();
    }

    private void loginStep(LoginDialogue dialogue, TargetPdu pdu) {
        if (!(pdu instanceof TargetPdu.LoginResponse response)) {
            throw new ProtocolViolation("the login is answered by " + pdu.getClass());
        }
        switch (dialogue.received(response)) {
            case LoginDialogue.Step.Send send -> driver.send(send.request());
            case LoginDialogue.Step.Done done -> {
                login = null;
                driver.negotiated(done.connection());
                time2Wait = done.time2Wait();
                connection =
                        new InitiatorConnection(
                                times,
                                done.settings(),
                                driver,
                                owner,
                                loginCmdSn,
                                response,
                                clock.getAsLong());
                enter(SessionState.VERIFYING, "comparing what answers");
                listener.loggedIn();
            }
            case LoginDialogue.Step.Refused refused -> refused(refused);
            case LoginDialogue.Step.Failed failed -> {
                dropConnection();
                nextPortal(portals.current() + ": " + failed.message());
            }
        }
    }

    private void refused(LoginDialogue.Step.Refused refused) {
        int detail = refused.statusDetail();
        dropConnection();
        String why = portals.current() + " refuses the login: " + refused.message();
        if (refused.statusClass() == INITIATOR_ERROR
                && detail >= AUTHENTICATION_FAILED
                && detail <= TARGET_REMOVED) {
            end(SessionState.FENCED, DiskError.FENCED, why);
        } else {
            nextPortal(refused.statusClass() == REDIRECTION ? why + " (not followed)" : why);
        }
    }

    private void connect() {
        enter(SessionState.CONNECTING, reason);
        driver.connect(portals.current());
    }

    /** The portal didn't work: the next one at once, or after the last a pause. */
    private void nextPortal(String why) {
        if (portals.advance()) {
            reason = why;
            connect();
        } else {
            await(portals.pause(), why);
        }
    }

    private void await(long pause, String why) {
        retryAt = clock.getAsLong() + pause;
        enter(SessionState.WAITING, why);
    }

    /** Keeps what was out, and tries again after Time2Wait. */
    private void connectionLost(String why) {
        if (state.isFinal() || state == SessionState.WAITING) {
            return;
        }
        long now = clock.getAsLong();
        if (state == SessionState.ONLINE || state == SessionState.CLOSING) {
            offlineSince = now;
            if (now - stateSince >= STABLE) {
                portals.held();
            }
        }
        boolean wasInLogin = login != null;
        // Before anybody is told: whoever calls back finds the session without a connection.
        state = SessionState.WAITING;
        dropConnection();
        if (state.isFinal()) {
            return;
        }
        if (closing && queue.isEmpty()) {
            end(SessionState.CLOSED, DiskError.CLOSED, "closed: " + why);
        } else if (wasInLogin || portals.isTroubled()) {
            nextPortal(portals.current() + ": " + why);
        } else {
            portals.begin();
            await(time2Wait * 1_000_000_000L, why);
        }
    }

    /** Lets go of the connection; takes back what was out. */
    private void dropConnection() {
        driver.disconnect();
        login = null;
        logoutSent = false;
        draining = false;
        if (connection != null) {
            List<Task> out = connection.outstanding();
            connection = null;
            out.forEach(Task::reconnecting);
            queue.putBack(out);
        }
        queue.takeRejected(MAX_REJECTIONS)
                .forEach(t -> fail(t, DiskError.IO, "the target rejects the command"));
        queue.takeProbes().forEach(t -> fail(t, DiskError.CONNECTION_LOST, "connection lost"));
    }

    private void end(SessionState last, DiskError error, String why) {
        enter(last, why);
        dropConnection();
        queue.takeProbes().forEach(t -> fail(t, error, why));
        queue.takeAll().forEach(t -> fail(t, error, why));
    }

    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            while (connection != null && !logoutSent && connection.canSend()) {
                Task task = queue.poll(state != SessionState.VERIFYING && !draining);
                if (task == null) {
                    break;
                }
                connection.send(task, clock.getAsLong());
            }
            logoutWhenDrained();
        } finally {
            pumping = false;
        }
    }

    private void logoutWhenDrained() {
        if (connection == null || logoutSent || !connection.isIdle()) {
            return;
        }
        if (draining || (state == SessionState.CLOSING && queue.isEmpty())) {
            logoutSent = true;
            logoutSentAt = clock.getAsLong();
            connection.logout();
        }
    }

    private boolean replacementTimedOut() {
        boolean online = state == SessionState.ONLINE || state == SessionState.CLOSING;
        return !online
                && !state.isFinal()
                && times.replacementTimeout().isPresent()
                && clock.getAsLong() - offlineSince >= times.replacementTimeout().get().toNanos();
    }

    private void enter(SessionState next, String why) {
        boolean changed = next != state || !why.equals(reason);
        state = next;
        reason = why;
        stateSince = clock.getAsLong();
        if (changed) {
            listener.stateChanged(next, why);
        }
    }

    private static void fail(Task task, DiskError error, String why) {
        task.completion.complete(new ScsiOutcome.Failed(error, -1, Pdu.NO_DATA, why));
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("called in the wrong state");
        }
    }

    /** What the connection says. */
    private final class ConnectionOwner implements InitiatorConnection.Owner {
        @Override
        public void answered(Task task, ScsiAnswer answer) {
            long now = clock.getAsLong();
            tellUnitAttention(answer);
            switch (RetryPolicy.judge(task, answer, now)) {
                case RetryPolicy.Verdict.Finish finish ->
                        task.completion.complete(finish.outcome());
                case RetryPolicy.Verdict.Again again -> queue.putBack(List.of(task));
                case RetryPolicy.Verdict.Later later ->
                        queue.delay(task, now + later.pause().toNanos());
            }
        }

        private void tellUnitAttention(ScsiAnswer answer) {
            if (answer.response() == 0 && answer.status() == ScsiStatus.CHECK_CONDITION.code()) {
                SenseData sense = SenseData.parse(answer.sense());
                if (sense.key() == SenseKey.UNIT_ATTENTION) {
                    listener.unitAttention(
                            sense.additional().code(), sense.additional().qualifier());
                }
            }
        }

        @Override
        public void aborted(List<Task> tasks) {
            queue.putBack(tasks);
        }

        @Override
        public void message(TargetPdu.AsyncMessage message) {
            switch (message.event()) {
                case 0 -> {
                    SenseData sense = SenseData.parse(SenseSegment.sense(message.data()));
                    listener.unitAttention(
                            sense.additional().code(), sense.additional().qualifier());
                }
                // The target wants a logout (1) or to negotiate anew (4): a new login does both.
                case 1, 4 -> draining = true;
                case 2, 3 -> time2Wait = Math.clamp(message.parameter2(), 0, MAX_WAIT_SECONDS);
                default -> {} // A vendor's own, or not known: nothing that we rely on.
            }
        }

        @Override
        public void rejected(TargetPdu.Reject reject, @Nullable Task task) {
            // A wrong digest is the network's, which says nothing against the command.
            if (task != null && reject.reason() != RejectReason.DATA_DIGEST_ERROR.code()) {
                task.rejections++;
            }
            throw new ProtocolViolation("the target rejects a PDU, reason " + reject.reason());
        }

        @Override
        public void loggedOut(TargetPdu.LogoutResponse response) {
            dropConnection();
            if (closing && queue.isEmpty()) {
                end(SessionState.CLOSED, DiskError.CLOSED, "logged out");
            } else {
                offlineSince = clock.getAsLong();
                portals.begin();
                int wait = Math.clamp(response.time2Wait(), 0, MAX_WAIT_SECONDS);
                await(wait * 1_000_000_000L, "the target asked for a new login");
            }
        }
    }
}
