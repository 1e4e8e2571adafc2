package dev.lunaria.iscsi.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an initiator makes of each thing that a target may say (RFC 7143 §6.3, §11.13). */
class InitiatorLoginTest {
    private static final long ISID = 0x80_1234_5600_00L;
    private static final ChapCredential USER =
            new ChapCredential("user", ChapSecret.of("a secret of 16 b"));
    private static final ChapCredential TARGET_USER =
            new ChapCredential("target", ChapSecret.of("another secret!!"));

    /** Answers all offers of {@link InitiatorLogin#begin} as LIO does. */
    private static final String ANSWERS =
            "TargetPortalGroupTag=1|TargetAlias=LIO Target|HeaderDigest=None|DataDigest=None|"
                    + "DefaultTime2Wait=2|DefaultTime2Retain=0|ErrorRecoveryLevel=0|"
                    + "InitialR2T=No|ImmediateData=Yes|MaxBurstLength=262144|"
                    + "FirstBurstLength=65536|MaxOutstandingR2T=1|MaxConnections=1|"
                    + "DataPDUInOrder=Yes|DataSequenceInOrder=Yes|MaxRecvDataSegmentLength=8192|";

    @Test
    void firstRequestCarriesNamesAndOffers() {
        LoginRequest request = login(null, null).begin();

        assertThat(request.transit()).isTrue();
        assertThat(request.currentStage()).isEqualTo(1);
        assertThat(request.nextStage()).isEqualTo(3);
        assertThat(request.tsih()).isZero();
        assertThat(text(request))
                .isEqualTo(
                        "InitiatorName=iqn.a|TargetName=iqn.b|SessionType=Normal|"
                                + "HeaderDigest=None,CRC32C|DataDigest=None,CRC32C|"
                                + "MaxConnections=1|InitialR2T=No|ImmediateData=Yes|"
                                + "MaxBurstLength=1048576|FirstBurstLength=262144|"
                                + "DefaultTime2Wait=2|DefaultTime2Retain=0|MaxOutstandingR2T=1|"
                                + "DataPDUInOrder=Yes|DataSequenceInOrder=Yes|"
                                + "ErrorRecoveryLevel=0|MaxRecvDataSegmentLength=262144|");
    }

    @Test
    void secretMeansThatTheSecurityStageComesFirst() {
        LoginRequest request = login(USER, null).begin();

        assertThat(request.transit()).isFalse();
        assertThat(request.currentStage()).isZero();
        assertThat(text(request)).endsWith("AuthMethod=CHAP|");
    }

    @Test
    void answersOfAnotherTargetEstablishTheSession() {
        InitiatorLogin login = begun(null, null);

        InitiatorStep step = login.receive(response(true, 1, 3, 77, ANSWERS));

        assertThat(step).isInstanceOf(InitiatorStep.Established.class);
        InitiatorLoginResult result = ((InitiatorStep.Established) step).result();
        assertThat(result.tsih()).isEqualTo(77);
        assertThat(result.expStatSn()).isEqualTo(101);
        assertThat(result.targetPortalGroupTag()).isEqualTo(1);
        assertThat(result.session().maxBurstLength()).isEqualTo(262144);
        assertThat(result.connection().maxSendDataSegmentLength()).isEqualTo(8192);
    }

    /** A target may need another exchange; nothing is offered twice. */
    @Test
    void targetThatStaysInTheStageIsAskedAgainWithoutOffers() {
        InitiatorLogin login = begun(null, null);

        InitiatorStep step = login.receive(response(false, 1, 0, 0, "TargetPortalGroupTag=1|"));

        assertThat(step).isInstanceOf(InitiatorStep.Send.class);
        LoginRequest again = ((InitiatorStep.Send) step).request();
        assertThat(again.data().hasRemaining()).isFalse();
        assertThat(again.transit()).isTrue();
        assertThat(again.expStatSn()).isEqualTo(101);
        assertThat(login.receive(response(true, 1, 3, 77, ANSWERS)))
                .isInstanceOf(InitiatorStep.Established.class);
    }

    /** RFC 7143 §6.1: each part of an answer is asked for with an empty request. */
    @Test
    void answerInSeveralResponsesIsOneText() {
        InitiatorLogin login = begun(null, null);
        LoginResponse part =
                new LoginResponse(
                        false,
                        true,
                        1,
                        0,
                        0,
                        0,
                        ISID,
                        0,
                        0,
                        100,
                        1,
                        64,
                        0,
                        0,
                        data(ANSWERS.substring(0, 100)));

        InitiatorStep step = login.receive(part);

        assertThat(step).isInstanceOf(InitiatorStep.Send.class);
        assertThat(((InitiatorStep.Send) step).request().transit()).isFalse();
        assertThat(login.receive(response(false, 1, 0, 77, ANSWERS.substring(100))))
                .isInstanceOf(InitiatorStep.Send.class);
        assertThat(login.receive(response(true, 1, 3, 77, "")))
                .isInstanceOf(InitiatorStep.Established.class);
    }

    @ParameterizedTest
    @CsvSource({
        "false, 0, 0", // another stage
        "true, 1, 1", // not what was asked for
        "true, 0, 1",
        "true, 0, 3",
    })
    void stageThatWasNotAskedForIsAProtocolError(boolean transit, int current, int next) {
        checkFailed(
                begun(null, null).receive(response(transit, current, next, 1, ANSWERS)),
                LoginFailure.PROTOCOL);
    }

    @Test
    void sessionWithoutTsihIsAProtocolError() {
        checkFailed(
                begun(null, null).receive(response(true, 1, 3, 0, ANSWERS)), LoginFailure.PROTOCOL);
    }

    @Test
    void offersWithoutAnswersAreAProtocolError() {
        checkFailed(begun(null, null).receive(response(true, 1, 3, 1, "")), LoginFailure.PROTOCOL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AuthMethod=None|",
                "CHAP_A=5|",
                "TargetName=iqn.b|",
                "MaxBurstLength=0|",
                "x",
            })
    void keyThatCantBeIsAProtocolError(String text) {
        checkFailed(
                begun(null, null).receive(response(false, 1, 0, 0, text)), LoginFailure.PROTOCOL);
    }

    @Test
    void responseToAnotherRequestIsAProtocolError() {
        LoginResponse response =
                new LoginResponse(
                        true, false, 1, 3, 0, 0, ISID, 1, 99, 1, 1, 1, 0, 0, data(ANSWERS));

        checkFailed(begun(null, null).receive(response), LoginFailure.PROTOCOL);
    }

    @Test
    void otherIsidIsAProtocolError() {
        LoginResponse response =
                new LoginResponse(
                        true, false, 1, 3, 0, 0, ISID + 1, 1, 0, 1, 1, 1, 0, 0, data(ANSWERS));

        checkFailed(begun(null, null).receive(response), LoginFailure.PROTOCOL);
    }

    @Test
    void newerActiveVersionIsAProtocolError() {
        LoginResponse response =
                new LoginResponse(
                        true, false, 1, 3, 1, 1, ISID, 1, 0, 1, 1, 1, 0, 0, data(ANSWERS));

        checkFailed(begun(null, null).receive(response), LoginFailure.PROTOCOL);
    }

    @Test
    void otherPduThanALoginResponseIsAProtocolError() {
        TargetPdu nop = new TargetPdu.NopIn(0, 0, Pdu.RESERVED_TAG, 1, 1, 1, Pdu.NO_DATA);

        checkFailed(begun(null, null).receive(nop), LoginFailure.PROTOCOL);
    }

    @Test
    void loginThatDoesNotEndIsEnded() {
        InitiatorLogin login = begun(null, null);
        for (int i = 0; i < InitiatorLogin.MAX_RESPONSES; i++) {
            assertThat(login.receive(response(false, 1, 0, 0, "")))
                    .isInstanceOf(InitiatorStep.Send.class);
        }

        checkFailed(login.receive(response(false, 1, 0, 0, "")), LoginFailure.PROTOCOL);
    }

    /** Codes that RFC 7143 does not have are taken by their class. */
    @ParameterizedTest
    @CsvSource({"2, 0x7f, PROTOCOL", "3, 0x7f, TRANSIENT", "1, 1, PROTOCOL", "9, 0, PROTOCOL"})
    void statusIsClassified(int statusClass, int detail, LoginFailure failure) {
        LoginResponse response =
                new LoginResponse(
                        false,
                        false,
                        1,
                        0,
                        0,
                        0,
                        ISID,
                        0,
                        0,
                        1,
                        1,
                        1,
                        statusClass,
                        detail,
                        Pdu.NO_DATA);

        checkFailed(begun(null, null).receive(response), failure);
    }

    /** Nobody takes away the proof that this side asks for. */
    @ParameterizedTest
    @ValueSource(strings = {"AuthMethod=None|", "AuthMethod=Reject|", "AuthMethod=KRB5|", ""})
    void targetThatWantsNoChapIsRefused(String text) {
        checkFailed(
                begun(USER, TARGET_USER).receive(response(false, 0, 0, 0, text)),
                LoginFailure.AUTHORIZATION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CHAP_A=4|CHAP_I=1|CHAP_C=0x01|",
                "CHAP_A=5|CHAP_I=1|",
                "CHAP_A=5|CHAP_C=0x01|",
                "CHAP_A=5|CHAP_I=-1|CHAP_C=0x01|",
                "CHAP_A=5|CHAP_I=1|CHAP_C=01|",
                "",
            })
    void challengeThatCantBeIsRefused(String text) {
        InitiatorLogin login = begun(USER, TARGET_USER);
        assertThat(login.receive(response(false, 0, 0, 0, "AuthMethod=CHAP|")))
                .isInstanceOf(InitiatorStep.Send.class);

        checkFailed(login.receive(response(false, 0, 0, 0, text)), LoginFailure.AUTHORIZATION);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CHAP_N=target|", "CHAP_N=target|CHAP_R=0x00|", "CHAP_R=0x00|"})
    void targetWithoutProofIsRefused(String text) {
        InitiatorLogin login = begun(USER, TARGET_USER);
        assertThat(login.receive(response(false, 0, 0, 0, "AuthMethod=CHAP|")))
                .isInstanceOf(InitiatorStep.Send.class);
        InitiatorStep answer =
                login.receive(response(false, 0, 0, 0, "CHAP_A=7|CHAP_I=1|CHAP_C=0x0102|"));
        assertThat(answer).isInstanceOf(InitiatorStep.Send.class);
        assertThat(((InitiatorStep.Send) answer).request().transit()).isTrue();

        checkFailed(login.receive(response(true, 0, 1, 0, text)), LoginFailure.AUTHORIZATION);
    }

    private static InitiatorLogin login(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target) {
        return new InitiatorLogin(
                InitiatorLoginSettings.of("iqn.a", "iqn.b", ISID, initiator, target),
                new SplittableRandom(1));
    }

    private static InitiatorLogin begun(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target) {
        InitiatorLogin login = login(initiator, target);
        assertThat(login.begin().isid()).isEqualTo(ISID);
        return login;
    }

    /** In texts of these tests a bar stands for NUL. */
    private static LoginResponse response(
            boolean transit, int current, int next, int tsih, String text) {
        return new LoginResponse(
                transit, false, current, next, 0, 0, ISID, tsih, 0, 100, 1, 64, 0, 0, data(text));
    }

    private static ByteBuffer data(String text) {
        return StandardCharsets.UTF_8.encode(text.replace('|', '\0'));
    }

    private static String text(LoginRequest request) {
        return StandardCharsets.UTF_8
                .decode(request.data().duplicate())
                .toString()
                .replace('\0', '|');
    }

    private static void checkFailed(InitiatorStep step, LoginFailure failure) {
        assertThat(step).isInstanceOf(InitiatorStep.Failed.class);
        InitiatorStep.Failed failed = (InitiatorStep.Failed) step;
        assertThat(failed.failure()).isEqualTo(failure);
        assertThat(failed.reason()).isNotBlank();
    }
}
