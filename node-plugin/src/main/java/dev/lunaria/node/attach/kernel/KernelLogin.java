package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.login.InitiatorLogin;
import dev.lunaria.iscsi.login.InitiatorLoginResult;
import dev.lunaria.iscsi.login.InitiatorLoginSettings;
import dev.lunaria.iscsi.login.InitiatorStep;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.SessionParameters;
import dev.lunaria.linux.IscsiMessage;
import dev.lunaria.linux.IscsiParameter;
import java.io.IOException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One try to log a session of the kernel in: connects, binds, exchanges the login's PDUs through
 * the kernel, sets what was negotiated, and lets commands flow. Blocks; used by the thread that has
 * its session's turn.
 */
final class KernelLogin {
    private static final Duration CONNECT = Duration.ofSeconds(3);

    // What libiscsi waits in its error handling before it goes one step further, in seconds.
    private static final int ABORT_SECONDS = 15;
    private static final int RESET_SECONDS = 30;

    private final KernelInitiator initiator;
    private final SessionSettings settings;
    private final String interfaceName;
    private final RandomGenerator random;

    /**
     * Logins of one session.
     *
     * @param interfaceName the name that tells our sessions from others'
     * @param random cryptographically strong
     */
    KernelLogin(
            KernelInitiator initiator,
            SessionSettings settings,
            String interfaceName,
            RandomGenerator random) {
        this.initiator = initiator;
        this.settings = settings;
        this.interfaceName = interfaceName;
        this.random = random;
    }

    /**
     * Tries it once.
     *
     * @param expStatSn 0 at first, then what the session expects next
     * @param events what comes for the session meanwhile
     */
    LoginOutcome at(int session, Portal portal, int expStatSn, SessionEvents events) {
        try (KernelInitiator.Link link = initiator.connect(portal, CONNECT)) {
            events.begin();
            initiator.bind(session, link);
            identify(session, portal);
            return exchange(session, expStatSn, events);
        } catch (IOException e) {
            return new LoginOutcome.Failed(portal + ": " + e.getMessage(), null);
        } finally {
            events.end();
        }
    }

    private LoginOutcome exchange(int session, int expStatSn, SessionEvents events)
            throws IOException {
        var login = new InitiatorLogin(loginSettings(expStatSn), random);
        long end = System.nanoTime() + settings.times().loginTimeout().toNanos();
        LoginRequest request = login.begin();
        while (true) {
            initiator.send(session, LoginPdus.encode(request));
            switch (events.next(end - System.nanoTime())) {
                case IscsiMessage.PduReceived received -> {
                    switch (login.receive(LoginPdus.decode(received.pdu()))) {
                        case InitiatorStep.Send send -> request = send.request();
                        case InitiatorStep.Established established -> {
                            begin(session, established.result());
                            return new LoginOutcome.Established(established.result());
                        }
                        case InitiatorStep.Failed failed -> {
                            return outcome(failed);
                        }
                    }
                }
                case IscsiMessage.ConnectionLost lost -> {
                    return new LoginOutcome.Failed(
                            "the connection was lost during the login (%d)".formatted(lost.code()),
                            null);
                }
                case IscsiMessage.Other _,
                        IscsiMessage.Answer _,
                        IscsiMessage.SessionGone _,
                        IscsiMessage.SessionUnbound _ -> {
                    return new LoginOutcome.Failed("no answer to the login", null);
                }
            }
        }
    }

    private static LoginOutcome outcome(InitiatorStep.Failed failed) {
        String address = failed.targetAddress();
        return switch (failed.failure()) {
            case AUTHORIZATION -> new LoginOutcome.Refused(failed.reason());
            case REDIRECTION ->
                    new LoginOutcome.Failed(
                            failed.reason(), address == null ? null : portal(address));
            case TRANSIENT, PROTOCOL -> new LoginOutcome.Failed(failed.reason(), null);
        };
    }

    /** TargetAddress is host[:port][,group] (RFC 7143 §13.8). */
    private static @Nullable Portal portal(String address) {
        int comma = address.indexOf(',');
        try {
            return Portal.parse(comma < 0 ? address : address.substring(0, comma));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private InitiatorLoginSettings loginSettings(int expStatSn) {
        return new InitiatorLoginSettings(
                settings.initiatorName(),
                settings.targetName(),
                settings.isid(),
                0,
                LoginPdus.TASK_TAG,
                1,
                expStatSn,
                settings.initiatorCredential().orElse(null),
                settings.targetCredential().orElse(null),
                ChapAlgorithm.BY_STRENGTH,
                settings.wants());
    }

    /** What the kernel has to know before the login: who this is, and how long it waits. */
    private void identify(int session, Portal portal) throws IOException {
        set(session, IscsiParameter.TARGET_NAME, settings.targetName());
        set(session, IscsiParameter.INITIATOR_NAME, settings.initiatorName());
        set(session, IscsiParameter.INTERFACE_NAME, interfaceName);
        set(session, IscsiParameter.PERSISTENT_ADDRESS, portal.host());
        set(session, IscsiParameter.PERSISTENT_PORT, portal.port());
        set(
                session,
                IscsiParameter.REPLACEMENT_TIMEOUT,
                settings.times().replacementTimeout().map(Duration::toSeconds).orElse(-1L));
        set(session, IscsiParameter.FAST_ABORT, 1);
        set(session, IscsiParameter.ABORT_TIMEOUT, ABORT_SECONDS);
        set(session, IscsiParameter.LUN_RESET_TIMEOUT, RESET_SECONDS);
        set(session, IscsiParameter.TARGET_RESET_TIMEOUT, RESET_SECONDS);
        set(session, IscsiParameter.PING_TIMEOUT, settings.times().nopTimeout().toSeconds());
        set(session, IscsiParameter.RECEIVE_TIMEOUT, settings.times().nopInterval().toSeconds());
        set(session, IscsiParameter.DISCOVERY_SESSION, 0);
    }

    /** What was negotiated, and then traffic. */
    private void begin(int session, InitiatorLoginResult result) throws IOException {
        ConnectionParameters connection = result.connection();
        SessionParameters agreed = result.session();
        set(
                session,
                IscsiParameter.MAX_RECV_DATA_SEGMENT_LENGTH,
                connection.maxRecvDataSegmentLength());
        set(
                session,
                IscsiParameter.MAX_XMIT_DATA_SEGMENT_LENGTH,
                connection.maxSendDataSegmentLength());
        set(session, IscsiParameter.HEADER_DIGEST, connection.digests().header());
        set(session, IscsiParameter.DATA_DIGEST, connection.digests().data());
        set(session, IscsiParameter.INITIAL_R2T, agreed.initialR2t());
        set(session, IscsiParameter.MAX_OUTSTANDING_R2T, agreed.maxOutstandingR2t());
        set(session, IscsiParameter.IMMEDIATE_DATA, agreed.immediateData());
        set(session, IscsiParameter.FIRST_BURST_LENGTH, agreed.firstBurstLength());
        set(session, IscsiParameter.MAX_BURST_LENGTH, agreed.maxBurstLength());
        set(session, IscsiParameter.DATA_PDU_IN_ORDER, 1);
        set(session, IscsiParameter.DATA_SEQUENCE_IN_ORDER, 1);
        set(session, IscsiParameter.ERROR_RECOVERY_LEVEL, 0);
        set(session, IscsiParameter.EXP_STAT_SN, Integer.toUnsignedLong(result.expStatSn()));
        set(
                session,
                IscsiParameter.TARGET_PORTAL_GROUP_TAG,
                Math.max(result.targetPortalGroupTag(), 0));
        initiator.start(session);
    }

    private void set(int session, IscsiParameter parameter, boolean value) throws IOException {
        set(session, parameter, value ? 1 : 0);
    }

    private void set(int session, IscsiParameter parameter, long value) throws IOException {
        set(session, parameter, Long.toString(value));
    }

    private void set(int session, IscsiParameter parameter, String value) throws IOException {
        initiator.set(session, parameter, value);
    }
}
