package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.login.InitiatorLogin;
import dev.lunaria.iscsi.login.InitiatorLoginResult;
import dev.lunaria.iscsi.login.InitiatorLoginSettings;
import dev.lunaria.iscsi.login.InitiatorStep;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import java.util.random.RandomGenerator;

/** The login of a session, with CHAP and negotiation; owned by its connection. */
final class NegotiatedLogin implements LoginDialogue {
    private static final int CONNECTION_ID = 0;
    private static final int TASK_TAG = 0;

    private final InitiatorLogin login;

    /**
     * A login that reinstates the session where there was one: the same ISID, TSIH 0.
     *
     * @param random cryptographically strong
     */
    NegotiatedLogin(SessionSettings settings, int cmdSn, RandomGenerator random) {
        login =
                new InitiatorLogin(
                        new InitiatorLoginSettings(
                                settings.initiatorName(),
                                settings.targetName(),
                                settings.isid(),
                                CONNECTION_ID,
                                TASK_TAG,
                                cmdSn,
                                0,
                                settings.initiatorCredential().orElse(null),
                                settings.targetCredential().orElse(null),
                                ChapAlgorithm.BY_STRENGTH,
                                settings.wants()),
                        random);
    }

    @Override
    public LoginRequest first() {
        return login.begin();
    }

    @Override
    public Step received(LoginResponse response) {
        return switch (login.receive(response)) {
            case InitiatorStep.Send send -> new Step.Send(send.request());
            case InitiatorStep.Established established -> done(established.result());
            case InitiatorStep.Failed failed -> {
                LoginStatus status = failed.status();
                yield status == null
                        ? new Step.Failed(failed.reason())
                        : new Step.Refused(status.statusClass(), status.detail(), failed.reason());
            }
        };
    }

    private static Step done(InitiatorLoginResult result) {
        return new Step.Done(
                new TransferSettings(
                        result.connection().maxSendDataSegmentLength(),
                        result.session().firstBurstLength(),
                        result.session().initialR2t(),
                        result.session().immediateData()),
                result.connection(),
                result.session().time2Wait());
    }
}
