package dev.lunaria.iscsi.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.chap.ChapChallenge;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.text.BinaryValue;
import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.NegotiationException;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.iscsi.text.SessionParameters;
import dev.lunaria.iscsi.text.SessionType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a target answers to each thing that an initiator may say (RFC 7143 §6.3, §11.12). */
class TargetLoginTest {
    private static final long ISID = 0x80_1234_5600_00L;
    private static final String NAMES =
            "InitiatorName=iqn.2008-11.org.linux-kvm|TargetName=iqn.2026-11.dev.lunaria:p:l|"
                    + "SessionType=Normal|";
    private static final ChapCredential USER =
            new ChapCredential("user", ChapSecret.of("a secret of 16 b"));
    private static final ChapCredential TARGET_USER =
            new ChapCredential("target", ChapSecret.of("another secret!!"));

    private final FixedAuthority open = new FixedAuthority(granted(null, null));
    private final FixedAuthority closed = new FixedAuthority(granted(USER, TARGET_USER));

    /**
     * libiscsi and with it QEMU, without a user: one request with everything, T to full feature.
     */
    private static final String LIBISCSI_OPERATIONAL =
            NAMES
                    + "HeaderDigest=None,CRC32C|DataDigest=None|InitialR2T=No|ImmediateData=Yes|"
                    + "MaxBurstLength=262144|FirstBurstLength=262144|DefaultTime2Wait=2|"
                    + "DefaultTime2Retain=0|MaxOutstandingR2T=1|ErrorRecoveryLevel=0|IFMarker=No|"
                    + "OFMarker=No|MaxConnections=1|MaxRecvDataSegmentLength=262144|"
                    + "DataPDUInOrder=Yes|DataSequenceInOrder=Yes|";

    @Test
    void libiscsiLogsInWithOneRequest() {
        TargetLogin login = login(open);

        TargetLoginResult result =
                established(login.receive(request(1, 3, true, LIBISCSI_OPERATIONAL)));
        LoginResponse response = login.accept(42);

        assertThat(result.session())
                .isEqualTo(
                        new SessionParameters(
                                SessionType.NORMAL, false, true, 262144, 262144, 1, 2, 0, 1));
        assertThat(result.connection())
                .isEqualTo(new ConnectionParameters(Digests.NONE, 262144, 262144));
        assertThat(response.transit()).isTrue();
        assertThat(response.nextStage()).isEqualTo(3);
        assertThat(response.tsih()).isEqualTo(42);
        assertThat(text(response))
                .isEqualTo(
                        "TargetPortalGroupTag=1|HeaderDigest=None|DataDigest=None|InitialR2T=No|"
                                + "ImmediateData=Yes|MaxBurstLength=262144|DefaultTime2Wait=2|"
                                + "DefaultTime2Retain=0|MaxOutstandingR2T=1|ErrorRecoveryLevel=0|"
                                + "IFMarker=No|OFMarker=No|MaxConnections=1|DataPDUInOrder=Yes|"
                                + "DataSequenceInOrder=Yes|FirstBurstLength=262144|"
                                + "MaxRecvDataSegmentLength=262144|");
    }

    /**
     * libiscsi with a user: it asks to leave the security stage at once, offers the algorithm
     * alone, and says its names again in the operational stage.
     */
    @Test
    void libiscsiLogsInWithChap() throws NegotiationException {
        TargetLogin login = login(closed);

        LoginResponse method =
                reply(login.receive(request(0, 1, true, NAMES + "AuthMethod=CHAP,None|")));
        assertThat(method.transit()).isFalse();
        assertThat(text(method)).isEqualTo("TargetPortalGroupTag=1|AuthMethod=CHAP|");

        LoginResponse challenge = reply(login.receive(request(0, 1, false, "CHAP_A=5|")));
        assertThat(text(challenge)).matches("CHAP_A=5\\|CHAP_I=\\d+\\|CHAP_C=0x[0-9a-f]{64}\\|");

        LoginResponse proved = reply(login.receive(request(0, 1, true, prove(challenge, USER))));
        assertThat(proved.transit()).isTrue();
        assertThat(proved.nextStage()).isEqualTo(1);

        established(login.receive(request(1, 3, true, LIBISCSI_OPERATIONAL)));
    }

    /**
     * open-iscsi: AuthMethod None first, then its operational keys; no key it doesn't know comes.
     */
    @Test
    void openIscsiLogsIn() {
        TargetLogin login = login(open);
        LoginResponse security =
                reply(
                        login.receive(
                                request(
                                        0,
                                        1,
                                        true,
                                        "InitiatorName=iqn.a|InitiatorAlias=host|TargetName=iqn.b|"
                                                + "SessionType=Normal|AuthMethod=None|")));
        assertThat(security.transit()).isTrue();
        assertThat(text(security)).isEqualTo("TargetPortalGroupTag=1|AuthMethod=None|");

        TargetLoginResult result =
                established(
                        login.receive(
                                request(
                                        1,
                                        3,
                                        true,
                                        "HeaderDigest=None|DataDigest=None|DefaultTime2Wait=2|"
                                                + "DefaultTime2Retain=0|IFMarker=No|OFMarker=No|"
                                                + "ErrorRecoveryLevel=0|InitialR2T=No|"
                                                + "ImmediateData=Yes|MaxBurstLength=16776192|"
                                                + "FirstBurstLength=262144|MaxOutstandingR2T=1|"
                                                + "MaxConnections=1|DataPDUInOrder=Yes|"
                                                + "DataSequenceInOrder=Yes|"
                                                + "MaxRecvDataSegmentLength=262144|")));

        assertThat(result.session().maxBurstLength()).isEqualTo(1 << 20);
        assertThat(text(login.accept(1)))
                .doesNotContain("iSCSIProtocolLevel")
                .contains("MaxOutstandingR2T=1|", "MaxConnections=1|", "ErrorRecoveryLevel=0|");
    }

    /** open-iscsi's discovery with defaults goes from the security stage to full feature. */
    @Test
    void discoverySessionMayLeaveOutTheOperationalStage() {
        TargetLogin login = login(open);

        TargetLoginResult result =
                established(
                        login.receive(
                                request(
                                        0,
                                        3,
                                        true,
                                        "InitiatorName=iqn.a|SessionType=Discovery|"
                                                + "AuthMethod=None|")));

        assertThat(result.session().type()).isEqualTo(SessionType.DISCOVERY);
        assertThat(result.connection())
                .isEqualTo(new ConnectionParameters(Digests.NONE, 8192, 8192));
        assertThat(text(login.accept(1))).isEqualTo("AuthMethod=None|");
    }

    /** libiscsi offers a normal session's keys in discovery sessions, too. */
    @Test
    void keysOfNormalSessionsAreIrrelevantInDiscoverySessions() {
        TargetLogin login = login(open);
        established(
                login.receive(
                        request(
                                1,
                                3,
                                true,
                                "InitiatorName=iqn.a|SessionType=Discovery|InitialR2T=No|"
                                        + "ErrorRecoveryLevel=0|")));

        assertThat(text(login.accept(1))).startsWith("InitialR2T=Irrelevant|ErrorRecoveryLevel=0|");
    }

    @Test
    void namesAreAskedForInLowerCase() {
        established(
                login(open)
                        .receive(request(1, 3, true, "InitiatorName=IQN.A|TargetName=iqn.B:c|")));

        assertThat(open.attempts)
                .containsExactly(
                        new LoginAuthority.Attempt(
                                SessionType.NORMAL, "iqn.a", "iqn.b:c", 1, ISID));
    }

    /** RFC 7143 §11.13.5 and §6.3. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "TargetName=iqn.b|; MISSING_PARAMETER",
                "InitiatorName=iqn.a|; MISSING_PARAMETER",
                "InitiatorName=|TargetName=iqn.b|; MISSING_PARAMETER",
                "InitiatorName=iqn.a|SessionType=Sideways|; SESSION_TYPE_NOT_SUPPORTED",
                "InitiatorName=iqn.a|InitiatorName=iqn.c|TargetName=iqn.b|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|TargetAlias=x|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|SendTargets=All|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|AuthMethod=None|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|CHAP_A=5|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|InitialR2T=No|InitialR2T=No|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|MaxRecvDataSegmentLength=511|;"
                        + " INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b|no equals sign|; INITIATOR_ERROR",
                "InitiatorName=iqn.a|TargetName=iqn.b; INITIATOR_ERROR",
            })
    void textThatCantBeIsRefused(String text, LoginStatus status) {
        checkRefused(login(open).receive(request(1, 3, true, text)), status);
    }

    @Test
    void operationalKeyInTheSecurityStageIsAnInitiatorError() {
        checkRefused(
                login(open).receive(request(0, 1, true, NAMES + "InitialR2T=No|")),
                LoginStatus.INITIATOR_ERROR);
    }

    @ParameterizedTest
    @CsvSource({"2, 3", "3, 3", "1, 1", "1, 0", "1, 2", "0, 0", "0, 2"})
    void stagesThatDontExistOrDontAdvanceAreInitiatorErrors(int current, int next) {
        checkRefused(
                login(open).receive(request(current, next, true, NAMES)),
                LoginStatus.INITIATOR_ERROR);
    }

    @Test
    void requestInAnotherStageThanTheLoginsIsAnInitiatorError() {
        TargetLogin login = login(open);
        reply(login.receive(request(1, 0, false, NAMES)));

        checkRefused(login.receive(request(0, 1, true, "")), LoginStatus.INITIATOR_ERROR);
    }

    @Test
    void versionThatIsNewerThanZeroIsUnsupported() {
        LoginRequest request =
                new LoginRequest(true, false, 1, 3, 2, 1, ISID, 0, 1, 0, 1, 0, data(NAMES));

        checkRefused(login(open).receive(request), LoginStatus.UNSUPPORTED_VERSION);
    }

    @ParameterizedTest
    @CsvSource({"9, TOO_MANY_CONNECTIONS", "10, SESSION_DOES_NOT_EXIST"})
    void tsihOfAnExistingSessionIsASecondConnection(int tsih, LoginStatus status) {
        LoginRequest request =
                new LoginRequest(true, false, 1, 3, 0, 0, ISID, tsih, 1, 0, 1, 0, data(NAMES));

        checkRefused(login(open).receive(request), status);
    }

    @Test
    void isidMustStayTheSame() {
        TargetLogin login = login(open);
        reply(login.receive(request(1, 0, false, NAMES)));
        LoginRequest other =
                new LoginRequest(true, false, 1, 3, 0, 0, ISID + 1, 0, 1, 0, 1, 0, data(""));

        checkRefused(login.receive(other), LoginStatus.INITIATOR_ERROR);
    }

    /**
     * RFC 7143 §6.1: a text may come in several PDUs, split anywhere; each gets an empty answer.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 20, 100})
    void textInSeveralRequestsIsOneText(int piece) {
        TargetLogin login = login(open);
        ByteBuffer all = data(NAMES + "InitialR2T=No|");
        int pieces = Math.min(piece, TargetLogin.MAX_REQUESTS - 1);
        int length = all.remaining() / pieces + 1;
        while (all.remaining() > length) {
            LoginResponse answer =
                    reply(login.receive(continued(all.slice(all.position(), length))));
            assertThat(answer.data().hasRemaining()).isFalse();
            assertThat(answer.transit()).isFalse();
            all.position(all.position() + length);
        }

        LoginRequest last = new LoginRequest(true, false, 1, 3, 0, 0, ISID, 0, 1, 0, 1, 0, all);
        assertThat(established(login.receive(last)).session().initialR2t()).isFalse();
    }

    @Test
    void bothTheTransitAndTheContinueBitAreAnInitiatorError() {
        LoginRequest request =
                new LoginRequest(true, true, 1, 3, 0, 0, ISID, 0, 1, 0, 1, 0, data(NAMES));

        checkRefused(login(open).receive(request), LoginStatus.INITIATOR_ERROR);
    }

    @Test
    void loginThatDoesNotEndIsEnded() {
        TargetLogin login = login(open);
        reply(login.receive(request(1, 0, false, NAMES)));
        for (int i = 1; i < TargetLogin.MAX_REQUESTS; i++) {
            reply(login.receive(request(1, 0, false, "")));
        }

        checkRefused(login.receive(request(1, 0, false, "")), LoginStatus.INITIATOR_ERROR);
        checkRefused(login.receive(request(1, 0, false, "")), LoginStatus.INVALID_DURING_LOGIN);
    }

    @Test
    void textWithoutEndIsEnded() {
        TargetLogin login = login(open);
        TargetStep step = login.receive(continued(ByteBuffer.allocate(8192)));
        for (int i = 0; step instanceof TargetStep.Reply && i < 8; i++) {
            step = login.receive(continued(ByteBuffer.allocate(8192)));
        }

        checkRefused(step, LoginStatus.INITIATOR_ERROR);
    }

    @Test
    void otherPduThanALoginRequestIsInvalidDuringLogin() {
        InitiatorPdu nop = new InitiatorPdu.NopOut(true, 0, 5, Pdu.RESERVED_TAG, 1, 1, Pdu.NO_DATA);

        checkRefused(login(open).receive(nop), LoginStatus.INVALID_DURING_LOGIN);
    }

    @Test
    void requestBeforeTheAnswerToAnEstablishedLoginIsInvalid() {
        TargetLogin login = login(open);
        established(login.receive(request(1, 3, true, NAMES)));

        checkRefused(login.receive(request(1, 3, true, NAMES)), LoginStatus.INVALID_DURING_LOGIN);
    }

    @Test
    void keyThatNobodyKnowsIsNotUnderstood() {
        TargetLogin login = login(open);
        established(
                login.receive(
                        request(
                                1,
                                3,
                                true,
                                NAMES
                                        + "X-com.example.colour=blue|RDMAExtensions=Yes|"
                                        + "X#NodeArchitecture=amd64|")));

        assertThat(text(login.accept(1)))
                .contains("X-com.example.colour=NotUnderstood|", "RDMAExtensions=NotUnderstood|")
                .doesNotContain("NodeArchitecture");
    }

    /** RFC 7144: iSCSIProtocolLevel is answered 1; obsolete markers as RFC 7143 §13.25 allows. */
    @ParameterizedTest
    @CsvSource({
        "iSCSIProtocolLevel=2, iSCSIProtocolLevel=1",
        "iSCSIProtocolLevel=1, iSCSIProtocolLevel=1",
        "IFMarker=Yes, IFMarker=No",
        "IFMarkInt=2048~8192, IFMarkInt=Reject",
        "TaskReporting=ResponseFence;RFC3720, TaskReporting=RFC3720",
        "TaskReporting=FastAbort, TaskReporting=Reject",
        "MaxConnections=8, MaxConnections=1",
        "ErrorRecoveryLevel=2, ErrorRecoveryLevel=0",
        "MaxBurstLength=0x1000, MaxBurstLength=4096",
        "MaxBurstLength=1, MaxBurstLength=Reject",
        "InitialR2T=Perhaps, InitialR2T=Reject",
        "DefaultTime2Wait=5, DefaultTime2Wait=5",
        "DataPDUInOrder=No, DataPDUInOrder=Yes",
        "HeaderDigest=Sparkle;CRC32C;None, HeaderDigest=CRC32C",
        "DataDigest=Sparkle, DataDigest=Reject",
    })
    void offerGetsTheAnswerOfItsResultFunction(String offer, String answer) {
        TargetLogin login = login(open);
        established(login.receive(request(1, 3, true, NAMES + offer.replace(';', ',') + "|")));

        assertThat(text(login.accept(1)))
                .isEqualTo(
                        "TargetPortalGroupTag=1|" + answer + "|MaxRecvDataSegmentLength=262144|");
    }

    @Test
    void firstBurstLengthStaysBelowMaxBurstLengthWhateverTheOrder() {
        TargetLogin login = login(open);
        TargetLoginResult result =
                established(
                        login.receive(
                                request(
                                        1,
                                        3,
                                        true,
                                        NAMES + "FirstBurstLength=65536|MaxBurstLength=4096|")));

        assertThat(result.session().firstBurstLength()).isEqualTo(4096);
        assertThat(text(login.accept(1))).contains("FirstBurstLength=4096|");
    }

    /** RFC 7143 §9.2.1: the challenge sent back, so that the target answers it itself. */
    @Test
    void reflectedChallengeIsRefused() throws NegotiationException {
        TargetLogin login = login(closed);
        reply(login.receive(request(0, 0, false, NAMES + "AuthMethod=CHAP|")));
        LoginResponse challenge = reply(login.receive(request(0, 0, false, "CHAP_A=7|")));

        TargetStep step =
                login.receive(
                        request(
                                0,
                                1,
                                true,
                                prove(challenge, USER)
                                        + "CHAP_I="
                                        + value(challenge, "CHAP_I")
                                        + "|CHAP_C="
                                        + value(challenge, "CHAP_C")
                                        + "|"));

        checkRefused(step, LoginStatus.AUTHENTICATION_FAILURE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AuthMethod=None|",
                "AuthMethod=KRB5,SRP|",
                "CHAP_A=5|",
                "AuthMethod=CHAP|CHAP_A=99|",
                "AuthMethod=CHAP|CHAP_N=user|CHAP_R=0x00|",
                "",
            })
    void authenticationThatDoesNotBeginWithChapIs0201(String keys) {
        checkRefused(
                login(closed).receive(request(0, 1, true, NAMES + keys)),
                LoginStatus.AUTHENTICATION_FAILURE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CHAP_N=user|CHAP_R=0x00|",
                "CHAP_N=user|CHAP_R=00|",
                "CHAP_N=user|CHAP_R=0x|",
                "CHAP_N=user|CHAP_R=0b!!!|",
                "CHAP_N=user|",
                "CHAP_R=0x00|",
                "CHAP_A=5|",
                "AuthMethod=CHAP|",
            })
    void wrongProofIs0201(String keys) {
        TargetLogin login = login(closed);
        reply(login.receive(request(0, 0, false, NAMES + "AuthMethod=CHAP|CHAP_A=7|")));

        checkRefused(login.receive(request(0, 1, true, keys)), LoginStatus.AUTHENTICATION_FAILURE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CHAP_I=256|CHAP_C=0x01|", "CHAP_I=x|CHAP_C=0x01|", "CHAP_I=1|"})
    void counterChallengeThatCantBeIs0201(String keys) throws NegotiationException {
        TargetLogin login = login(closed);
        LoginResponse challenge =
                reply(login.receive(request(0, 0, false, NAMES + "AuthMethod=CHAP|CHAP_A=7|")));

        checkRefused(
                login.receive(request(0, 1, true, prove(challenge, USER) + keys)),
                LoginStatus.AUTHENTICATION_FAILURE);
    }

    /** A secret is in nothing that is logged or shown (democratic-csi#515). */
    @Test
    void secretsAreNotInTheReasonOfARefusal() {
        TargetLogin login = login(closed);
        reply(login.receive(request(0, 0, false, NAMES + "AuthMethod=CHAP|CHAP_A=7|")));
        TargetStep step = login.receive(request(0, 1, true, "CHAP_N=user|CHAP_R=0x00|"));

        assertThat(step.toString() + granted(USER, TARGET_USER))
                .doesNotContain("a secret of 16 b", "another secret!!")
                .contains("wrong CHAP name or secret");
    }

    private static TargetLogin login(LoginAuthority authority) {
        return new TargetLogin(
                authority, OperationalWants.forTarget(), 1, 32, new SplittableRandom(1));
    }

    private static Decision granted(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target) {
        return new Decision.Granted(FixedAuthority.GRANT, initiator, target);
    }

    /** In texts of these tests a bar stands for NUL. */
    private static LoginRequest request(int current, int next, boolean transit, String text) {
        return new LoginRequest(
                transit, false, current, next, 0, 0, ISID, 0, 1, 0, 1, 0, data(text));
    }

    private static LoginRequest continued(ByteBuffer data) {
        return new LoginRequest(false, true, 1, 0, 0, 0, ISID, 0, 1, 0, 1, 0, data);
    }

    private static ByteBuffer data(String text) {
        return StandardCharsets.UTF_8.encode(text.replace('|', '\0'));
    }

    private static String text(LoginResponse response) {
        return StandardCharsets.UTF_8
                .decode(response.data().duplicate())
                .toString()
                .replace('\0', '|');
    }

    private static String value(LoginResponse response, String key) {
        return List.of(text(response).split("\\|", -1)).stream()
                .filter(pair -> pair.startsWith(key + "="))
                .findFirst()
                .orElseThrow()
                .substring(key.length() + 1);
    }

    private static String prove(LoginResponse response, ChapCredential credential)
            throws NegotiationException {
        ChapAlgorithm algorithm = ChapAlgorithm.of(value(response, "CHAP_A"));
        if (algorithm == null) {
            throw new AssertionError("no algorithm");
        }
        ChapChallenge challenge =
                ChapChallenge.received(
                        algorithm,
                        Integer.parseInt(value(response, "CHAP_I")),
                        BinaryValue.parse(value(response, "CHAP_C")));
        return "CHAP_N=%s|CHAP_R=%s|"
                .formatted(
                        credential.name(),
                        BinaryValue.format(challenge.response(credential.secret())));
    }

    private static LoginResponse reply(TargetStep step) {
        assertThat(step).isInstanceOf(TargetStep.Reply.class);
        return ((TargetStep.Reply) step).response();
    }

    private static TargetLoginResult established(TargetStep step) {
        assertThat(step).isInstanceOf(TargetStep.Established.class);
        return ((TargetStep.Established) step).result();
    }

    private static void checkRefused(TargetStep step, LoginStatus status) {
        assertThat(step)
                .asInstanceOf(type(TargetStep.Refused.class))
                .satisfies(refused -> {
                    assertThat(refused.status()).isEqualTo(status);
                    assertThat(refused.reason()).isNotBlank();
                    assertThat(refused.response().statusClass()).isEqualTo(status.statusClass());
                    assertThat(refused.response().statusDetail()).isEqualTo(status.detail());
                    assertThat(refused.response().transit()).isFalse();
                });
    }
}
