package dev.lunaria.iscsi.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapProof;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.DigestPreference;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.iscsi.text.SessionParameters;
import dev.lunaria.iscsi.text.SessionType;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One side's login machine against the other's (RFC 7143 §6.3). */
class LoginTest {
    private static final String INITIATOR = "iqn.2026-11.dev.lunaria:mybox0";
    private static final String TARGET = "iqn.2026-11.dev.lunaria:pool:lun";
    private static final long ISID = 0x80_0001_0203_04L;
    private static final ChapCredential OURS =
            new ChapCredential(INITIATOR, ChapSecret.of("initiator secret"));
    private static final ChapCredential THEIRS =
            new ChapCredential("target", ChapSecret.of("target's secret"));

    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void loginWithoutAuthenticationIsOneExchange() {
        Dialogue login = run(settings(null, null), granted(null, null));

        assertThat(login.requests).hasSize(1);
        assertThat(login.initiator().tsih()).isEqualTo(Dialogue.TSIH);
        assertThat(login.target().initiatorName()).isEqualTo(INITIATOR);
        assertThat(login.target().targetName()).isEqualTo(TARGET);
        assertThat(login.target().isid()).isEqualTo(ISID);
        assertThat(login.target().grant()).isSameAs(FixedAuthority.GRANT);
        assertThat(login.target().session())
                .isEqualTo(login.initiator().session())
                .isEqualTo(
                        new SessionParameters(
                                SessionType.NORMAL, false, true, 1 << 20, 1 << 18, 1, 2, 0, 1));
        assertThat(login.initiator().targetPortalGroupTag()).isEqualTo(3);
    }

    @Test
    void sequenceNumbersContinueIntoTheFullFeaturePhase() {
        Dialogue login = run(settings(OURS, THEIRS), granted(OURS, THEIRS));

        assertThat(login.initiator().cmdSn()).isEqualTo(1);
        assertThat(login.target().expCmdSn()).isEqualTo(1);
        assertThat(login.initiator().expStatSn()).isEqualTo(login.target().nextStatSn());
        assertThat(login.initiator().expCmdSn()).isEqualTo(1);
        assertThat(login.initiator().maxCmdSn()).isEqualTo(64);
    }

    @ParameterizedTest
    @EnumSource(ChapAlgorithm.class)
    void chapAuthenticatesOneWay(ChapAlgorithm algorithm) {
        Dialogue login = run(settings(OURS, null, algorithm), granted(OURS, THEIRS));

        assertThat(login.initiator().tsih()).isEqualTo(Dialogue.TSIH);
    }

    @ParameterizedTest
    @EnumSource(ChapAlgorithm.class)
    void chapAuthenticatesBothWays(ChapAlgorithm algorithm) {
        Dialogue login = run(settings(OURS, THEIRS, algorithm), granted(OURS, THEIRS));

        assertThat(login.initiator().tsih()).isEqualTo(Dialogue.TSIH);
        assertThat(login.requests).hasSize(4);
    }

    @Test
    void wrongInitiatorSecretIs0201AndFinal() {
        ChapCredential wrong = new ChapCredential(INITIATOR, ChapSecret.of("another secret"));

        Dialogue login = run(settings(wrong, null), granted(OURS, null));

        checkFinal(login, LoginStatus.AUTHENTICATION_FAILURE);
        assertThat(login.refused).isNotNull();
    }

    @Test
    void wrongInitiatorChapNameIs0201AndFinal() {
        ChapCredential wrong = new ChapCredential("iqn.other", OURS.secret());

        checkFinal(
                run(settings(wrong, null), granted(OURS, null)),
                LoginStatus.AUTHENTICATION_FAILURE);
    }

    @Test
    void securityStageLeftOutWhereASecretIsSetIs0201() {
        checkFinal(
                run(settings(null, null), granted(OURS, null)), LoginStatus.AUTHENTICATION_FAILURE);
    }

    @Test
    void targetThatCannotProveItselfIsRefusedByTheInitiator() {
        ChapCredential impostor = new ChapCredential("target", ChapSecret.of("a guess of its own"));

        Dialogue login = run(settings(OURS, THEIRS), granted(OURS, impostor));

        assertThat(login.target).isNull();
        assertThat(login.failed().failure()).isEqualTo(LoginFailure.AUTHORIZATION);
        assertThat(login.failed().status()).isNull();
    }

    @Test
    void mutualChapWithoutATargetSecretIs0201() {
        checkFinal(
                run(settings(OURS, THEIRS), granted(OURS, null)),
                LoginStatus.AUTHENTICATION_FAILURE);
    }

    /** RFC 7143 §11.13.5, and what an initiator makes of each. */
    @ParameterizedTest
    @CsvSource({
        "INITIATOR_ERROR, PROTOCOL",
        "AUTHENTICATION_FAILURE, AUTHORIZATION",
        "AUTHORIZATION_FAILURE, AUTHORIZATION",
        "NOT_FOUND, AUTHORIZATION",
        "TARGET_REMOVED, AUTHORIZATION",
        "TOO_MANY_CONNECTIONS, TRANSIENT",
        "SESSION_TYPE_NOT_SUPPORTED, PROTOCOL",
        "TARGET_ERROR, TRANSIENT",
        "SERVICE_UNAVAILABLE, TRANSIENT",
        "OUT_OF_RESOURCES, TRANSIENT",
    })
    void refusalReachesTheInitiatorWithItsStatus(LoginStatus status, LoginFailure failure) {
        Dialogue login =
                run(settings(OURS, null), new Decision.Refused(status, "because of the test"));

        assertThat(login.failed().status()).isEqualTo(status);
        assertThat(login.failed().failure()).isEqualTo(failure);
        assertThat(login.refused)
                .extracting(TargetStep.Refused::reason)
                .isEqualTo("because of the test");
    }

    @Test
    void movedTargetIsARedirectionWithItsAddress() {
        Dialogue login = run(settings(null, null), new Decision.Moved("192.0.2.7:3261", false));

        assertThat(login.failed())
                .isEqualTo(
                        new InitiatorStep.Failed(
                                LoginFailure.REDIRECTION,
                                LoginStatus.TARGET_MOVED_TEMPORARILY,
                                "the target answers 0101h TARGET_MOVED_TEMPORARILY",
                                "192.0.2.7:3261"));
    }

    /** What is granted to an initiator has a secret each; any of them opens a discovery session. */
    @Test
    void discoverySessionIsProvedByAnyOfSeveralSecretsInBothDirections() {
        ChapCredential other = new ChapCredential(OURS.name(), ChapSecret.of("another secret"));
        Decision any =
                new Decision.GrantedByAny(
                        FixedAuthority.GRANT,
                        List.of(new ChapProof(other, null), new ChapProof(OURS, THEIRS)));

        Dialogue login = run(InitiatorLoginSettings.discovery(INITIATOR, ISID, OURS, THEIRS), any);
        assertThat(login.target().session().type()).isEqualTo(SessionType.DISCOVERY);

        ChapCredential wrong = new ChapCredential(OURS.name(), ChapSecret.of("no such secret"));
        checkFinal(
                run(InitiatorLoginSettings.discovery(INITIATOR, ISID, wrong, null), any),
                LoginStatus.AUTHENTICATION_FAILURE);
        checkFinal(
                run(InitiatorLoginSettings.discovery(INITIATOR, ISID, null, null), any),
                LoginStatus.AUTHENTICATION_FAILURE);
    }

    @Test
    void discoverySessionNeedsNoTargetName() {
        Dialogue login =
                run(
                        InitiatorLoginSettings.discovery(INITIATOR, ISID, OURS, null),
                        granted(OURS, null));

        assertThat(login.target().session().type()).isEqualTo(SessionType.DISCOVERY);
        assertThat(login.target().targetName()).isEmpty();
        assertThat(login.initiator().targetPortalGroupTag()).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "NONE, NONE_PREFERRED, false",
        "NONE_PREFERRED, CRC32C_PREFERRED, false",
        "CRC32C_PREFERRED, NONE_PREFERRED, true",
        "CRC32C, NONE_PREFERRED, true",
        "NONE_PREFERRED, CRC32C, true",
    })
    void digestIsTheInitiatorsFirstThatTheTargetHas(
            DigestPreference initiator, DigestPreference target, boolean crc32c) {
        Dialogue login =
                run(
                        settings(initiator),
                        granted(null, null),
                        OperationalWants.forTarget().withDigests(target, target));

        Digests digests = new Digests(crc32c, crc32c);
        assertThat(login.initiator().connection())
                .isEqualTo(new ConnectionParameters(digests, 65536, 262144));
        assertThat(login.target().connection())
                .isEqualTo(new ConnectionParameters(digests, 262144, 65536));
    }

    @Test
    void digestThatOnlyOneSideWantsEndsTheLogin() {
        Dialogue login =
                run(
                        settings(DigestPreference.NONE),
                        granted(null, null),
                        OperationalWants.forTarget()
                                .withDigests(DigestPreference.CRC32C, DigestPreference.NONE));

        assertThat(login.failed().status()).isEqualTo(LoginStatus.INITIATOR_ERROR);
    }

    private Dialogue run(InitiatorLoginSettings settings, Decision decision) {
        return run(settings, decision, OperationalWants.forTarget());
    }

    private Dialogue run(
            InitiatorLoginSettings settings, Decision decision, OperationalWants wants) {
        return Dialogue.run(
                new InitiatorLogin(settings, random.split()),
                new TargetLogin(new FixedAuthority(decision), wants, 3, 64, random.split()));
    }

    private static void checkFinal(Dialogue login, LoginStatus status) {
        assertThat(login.failed().failure()).isEqualTo(LoginFailure.AUTHORIZATION);
        assertThat(login.failed().status()).isEqualTo(status);
        assertThat(login.target).isNull();
    }

    private static Decision granted(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target) {
        return new Decision.Granted(FixedAuthority.GRANT, initiator, target);
    }

    private static InitiatorLoginSettings settings(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target) {
        return InitiatorLoginSettings.of(INITIATOR, TARGET, ISID, initiator, target);
    }

    private static InitiatorLoginSettings settings(
            ChapCredential initiator, @Nullable ChapCredential target, ChapAlgorithm algorithm) {
        return new InitiatorLoginSettings(
                INITIATOR,
                TARGET,
                ISID,
                0,
                5,
                1,
                0,
                initiator,
                target,
                List.of(algorithm),
                OperationalWants.forInitiator());
    }

    private static InitiatorLoginSettings settings(DigestPreference digest) {
        return new InitiatorLoginSettings(
                INITIATOR,
                TARGET,
                ISID,
                0,
                5,
                1,
                0,
                null,
                null,
                List.of(),
                OperationalWants.forInitiator()
                        .withDigests(digest, digest)
                        .withMaxRecvDataSegmentLength(65536));
    }
}
