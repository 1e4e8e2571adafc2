package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.login.TargetLogin;
import dev.lunaria.iscsi.login.TargetLoginResult;
import dev.lunaria.iscsi.login.TargetStep;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.text.SessionType;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of one iSCSI connection, which is its session's only one (MaxConnections 1):
 * PDUs and completions in, PDUs and calls of the device server out (RFC 7143 §4, §6, §8).
 *
 * <p>Owned by one event loop; does no I/O, knows no clock and starts no thread. Bounded by {@link
 * SessionBounds}.
 */
public final class TargetConnection {

    private enum Phase {
        LOGIN,
        /** Logged in, but an older session of the path has yet to drain. */
        REINSTATING,
        FULL_FEATURE,
        ENDED
    }

    /** How a session ends. */
    private enum Ending {
        /** The initiator is told, and gets what is queued. */
        ANNOUNCED,
        /** What is queued goes out. */
        CLOSED,
        /** Nothing goes out any more: a fence or a reinstatement waits for that. */
        CUT_OFF
    }

    private final TargetEnvironment environment;
    private final Link link;
    private final Outbox outbox;
    private final Executor loop;
    private final TargetLogin login;
    private Phase phase = Phase.LOGIN;
    private @Nullable TargetSession session;
    private @Nullable FullFeaturePhase fullFeature;

    /**
     * Where a connection is.
     *
     * @param peer the initiator's address and port, for people
     * @param portal the target's own address and port, as TargetAddress has it (RFC 7143 §13.8)
     * @param portalGroupTag of that portal
     */
    public record Link(String peer, String portal, int portalGroupTag) {}

    /**
     * @param loop brings work to the connection's event loop, from any thread
     */
    public TargetConnection(
            TargetEnvironment environment, Link link, Outbox outbox, Executor loop) {
        this.environment = environment;
        this.link = link;
        this.outbox = outbox;
        this.loop = loop;
        this.login =
                new TargetLogin(
                        environment.authority(),
                        environment.wants(),
                        link.portalGroupTag,
                        environment.bounds().queueDepth(),
                        environment.random());
    }

    /** Takes a PDU; its data is the caller's again afterwards. */
    public void receive(InitiatorPdu pdu) {
        switch (phase) {
            case LOGIN -> login(pdu);
            case REINSTATING -> {
                outbox.refused("a PDU before the login's end");
                end(Ending.CLOSED);
            }
            case FULL_FEATURE -> full().receive(pdu);
            case ENDED -> {
                // What was on its way.
            }
        }
    }

    /** The decoder met bytes that are no PDU. */
    public void malformed(ProtocolException error) {
        if (phase == Phase.FULL_FEATURE) {
            full().malformed(error);
        } else if (phase != Phase.ENDED) {
            outbox.refused(String.valueOf(error.getMessage()));
            end(Ending.CLOSED);
        }
    }

    /** The transport's timer: see to it that the initiator is alive. */
    public void timer() {
        if (phase == Phase.FULL_FEATURE) {
            full().timer();
        }
    }

    /** The outbox has room again. */
    public void writable() {
        if (phase == Phase.FULL_FEATURE) {
            full().writable();
        }
    }

    /** The server stops: tells the initiator that its session is dropped, and closes. */
    public void stop() {
        end(Ending.ANNOUNCED);
    }

    /** The connection is closed. */
    public void closed() {
        end(Ending.CLOSED);
    }

    /** Whether a login has been completed here. */
    public boolean isFullFeature() {
        return phase == Phase.FULL_FEATURE;
    }

    private FullFeaturePhase full() {
        FullFeaturePhase running = fullFeature;
        if (running == null) {
            throw new IllegalStateException("not in the full-feature phase");
        }
        return running;
    }

    private void login(InitiatorPdu pdu) {
        switch (login.receive(pdu)) {
            case TargetStep.Reply(var response) -> outbox.send(response);
            case TargetStep.Refused refused -> refuse(refused);
            case TargetStep.Established(TargetLoginResult result) -> established(result);
        }
    }

    private void refuse(TargetStep.Refused refused) {
        outbox.loginRefused(refused.status(), refused.reason());
        outbox.send(refused.response());
        phase = Phase.ENDED;
        outbox.close();
    }

    private void established(TargetLoginResult result) {
        int tsih = environment.directory().reserveTsih();
        if (tsih == 0) {
            refuse(login.refuse(LoginStatus.OUT_OF_RESOURCES, "too many sessions"));
        } else if (result.session().type() == SessionType.DISCOVERY) {
            Supplier<List<GrantedTarget>> granted =
                    () ->
                            environment.targets().grantedTo(result.initiatorName()).stream()
                                    .map(this::here)
                                    .toList();
            begin(result, tsih, new NoDevice(), granted, new AtomicInteger());
        } else {
            reinstate(result, tsih);
        }
    }

    private GrantedTarget here(String name) {
        return new GrantedTarget(name, List.of(link.portal + "," + link.portalGroupTag));
    }

    /** RFC 7143 §6.3.5: an older session of the path ends and drains before the answer. */
    private void reinstate(TargetLoginResult result, int tsih) {
        Nexus nexus =
                new Nexus(
                        result.initiatorName(),
                        result.isid(),
                        result.targetName(),
                        result.portalGroupTag());
        TargetSession entering =
                new TargetSession(
                        nexus,
                        tsih,
                        result.grant(),
                        link.peer,
                        environment.clock().instant(),
                        loop,
                        () -> end(Ending.CUT_OFF));
        session = entering;
        phase = Phase.REINSTATING;
        CompletableFuture<Void> before = environment.directory().enter(entering);
        before.thenRun(() -> loop.execute(() -> alone(result, entering)));
    }

    private void alone(TargetLoginResult result, TargetSession entering) {
        if (phase != Phase.REINSTATING) {
            drained(entering);
            return;
        }
        DeviceServer device;
        try {
            device = environment.targets().open(result.grant(), entering.nexus());
        } catch (IOException e) {
            refuse(login.refuse(LoginStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage())));
            drained(entering);
            return;
        }
        if (device == null) {
            refuse(login.refuse(LoginStatus.AUTHORIZATION_FAILURE, "revoked during login"));
            drained(entering);
            return;
        }
        List<GrantedTarget> own = List.of(here(result.targetName()));
        begin(result, entering.tsih(), device, () -> own, entering.inFlight());
    }

    private void begin(
            TargetLoginResult result,
            int tsih,
            DeviceServer device,
            Supplier<List<GrantedTarget>> granted,
            AtomicInteger inFlight) {
        SessionLimits limits = SessionLimits.of(result.session(), result.connection());
        FullFeaturePhase.Start start =
                new FullFeaturePhase.Start(
                        result.targetName(),
                        result.connectionId(),
                        result.expCmdSn(),
                        result.nextStatSn(),
                        limits);
        FullFeaturePhase beginning =
                new FullFeaturePhase(
                        start,
                        environment.bounds(),
                        device,
                        environment.pool(),
                        granted,
                        inFlight,
                        outbox,
                        loop);
        fullFeature = beginning;
        phase = Phase.FULL_FEATURE;
        device.begin(new Control(beginning));
        outbox.send(login.accept(tsih));
        outbox.negotiated(
                result.connection().digests(), result.connection().maxRecvDataSegmentLength());
    }

    /** The session as its device server sees it; any thread. */
    private final class Control implements SessionControl {
        private final FullFeaturePhase running;

        private Control(FullFeaturePhase running) {
            this.running = running;
        }

        @Override
        public void abortTasks(Runnable drained) {
            loop.execute(() -> running.abortForAnother(drained));
        }

        @Override
        public void end() {
            loop.execute(() -> TargetConnection.this.end(Ending.ANNOUNCED));
        }
    }

    private void end(Ending how) {
        Phase before = phase;
        phase = Phase.ENDED;
        switch (before) {
            case LOGIN -> outbox.close();
            // Its predecessor's drain is its own; see alone().
            case REINSTATING -> outbox.close();
            case FULL_FEATURE -> {
                Drain drain = new Drain(this::drained);
                drain.add();
                full().end(how == Ending.ANNOUNCED, drain::ended);
                if (how == Ending.CUT_OFF) {
                    drain.add();
                    outbox.abort(drain::ended);
                } else {
                    outbox.close();
                }
                drain.ended();
            }
            case ENDED -> {
                // Nothing is left to do.
            }
        }
    }

    private void drained() {
        TargetSession ended = session;
        if (ended != null) {
            drained(ended);
        }
    }

    private void drained(TargetSession ended) {
        environment.directory().left(ended);
        ended.hasDrained();
    }
}
