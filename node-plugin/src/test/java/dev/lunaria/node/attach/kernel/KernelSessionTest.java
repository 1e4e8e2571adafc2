package dev.lunaria.node.attach.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.linux.IscsiParameter;
import dev.lunaria.node.attach.kernel.KernelSession.State;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The session against a simulated kernel, with a real login behind it. */
final class KernelSessionTest {
    private static final Portal FIRST = new Portal("10.0.0.1", 3260);
    private static final Portal SECOND = new Portal("10.0.0.2", 3260);
    private static final String INITIATOR = "iqn.2026-11.dev.lunaria:node:a";
    private static final String TARGET = "iqn.2026-11.dev.lunaria:p:l";
    private static final ChapCredential OURS =
            new ChapCredential(INITIATOR, ChapSecret.of("initiators-secret"));
    private static final ChapCredential THEIRS =
            new ChapCredential(TARGET, ChapSecret.of("the-targets-secret"));

    @TempDir private Path sys;
    private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(2);
    private volatile Decision decision =
            new Decision.Granted(new LoginAuthority.Grant() {}, OURS, THEIRS);
    private SimulatedKernel kernel;
    private KernelSession.Surroundings with;

    @BeforeEach
    void makesAKernel() {
        kernel =
                new SimulatedKernel(
                        sys,
                        new LoginAuthority() {
                            @Override
                            public Decision decide(Attempt attempt) {
                                return decision;
                            }

                            @Override
                            public boolean hasSession(int tsih) {
                                return false;
                            }
                        });
        with = new KernelSession.Surroundings(kernel, kernel.tree(), threads, new Random(2));
    }

    @AfterEach
    void stopsThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private static SessionSettings settings(Portal... portals) {
        RecoverySettings d = RecoverySettings.DEFAULTS;
        return new SessionSettings(
                List.of(portals),
                INITIATOR,
                TARGET,
                0x80_0000_000001L,
                Optional.of(OURS),
                Optional.of(THEIRS),
                wants(),
                new RecoverySettings(
                        d.nopInterval(),
                        d.nopTimeout(),
                        d.loginTimeout(),
                        d.commandTimeout(),
                        d.abortTimeout(),
                        d.resetTimeout(),
                        Duration.ofMillis(50),
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Optional.of(Duration.ofSeconds(77)),
                        d.maxInFlight(),
                        d.maxQueued()));
    }

    /** Without Time2Wait: what waits for it isn't what these tests look at. */
    private static OperationalWants wants() {
        OperationalWants d = OperationalWants.forInitiator();
        return new OperationalWants(
                d.headerDigest(),
                d.dataDigest(),
                d.initialR2t(),
                d.immediateData(),
                d.maxRecvDataSegmentLength(),
                d.maxBurstLength(),
                d.firstBurstLength(),
                d.maxOutstandingR2t(),
                0,
                0);
    }

    private KernelSession open(Portal... portals) throws IOException {
        return KernelSession.open(with, settings(portals), SessionNames.of(3));
    }

    private static State firstState(KernelSession session) throws Exception {
        return session.firstLogin().get(20, TimeUnit.SECONDS).state();
    }

    private static void await(String what, BooleanSupplier condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void aLoginWithChapBothWaysGoesThroughTheKernel() throws Exception {
        KernelSession session = open(FIRST);

        assertThat(firstState(session)).isEqualTo(State.ONLINE);
        assertThat(kernel.flows(1)).isTrue();
        assertThat(kernel.calls()).containsExactly("create", "connect " + FIRST, "bind", "start");
        assertThat(kernel.parameters(1))
                .containsEntry(IscsiParameter.TARGET_NAME, TARGET)
                .containsEntry(IscsiParameter.INITIATOR_NAME, INITIATOR)
                .containsEntry(IscsiParameter.INTERFACE_NAME, "lunaria-3")
                .containsEntry(IscsiParameter.REPLACEMENT_TIMEOUT, "77")
                .containsEntry(IscsiParameter.DATA_DIGEST, "0")
                .containsEntry(IscsiParameter.TARGET_PORTAL_GROUP_TAG, "1");
    }

    @Test
    void noSecretIsHandedToTheKernel() throws Exception {
        assertThat(firstState(open(FIRST))).isEqualTo(State.ONLINE);

        assertThat(kernel.parameters(1).values()).noneMatch(value -> value.contains("secret"));
    }

    @Test
    void aLostConnectionIsSuspendedBeforeItIsBoundAgain() throws Exception {
        KernelSession session = open(FIRST);
        assertThat(firstState(session)).isEqualTo(State.ONLINE);

        kernel.breakConnection(1, 1011);
        await("online again", () -> session.status().state() == State.ONLINE && kernel.flows(1));

        assertThat(kernel.calls())
                .containsSubsequence("start", "suspend", "connect " + FIRST, "bind", "start")
                .doesNotContain("destroy");
    }

    @Test
    void theLoginAfterALossGoesOnWithTheStatSnThatTheKernelExpects() throws Exception {
        KernelSession session = open(FIRST);
        assertThat(firstState(session)).isEqualTo(State.ONLINE);
        String before = kernel.parameters(1).get(IscsiParameter.EXP_STAT_SN);

        kernel.breakConnection(1, 1020);
        await("online again", () -> session.status().state() == State.ONLINE && kernel.flows(1));

        // The simulated target takes its first StatSN from the initiator's: 0, and then 77.
        assertThat(before).isEqualTo("4");
        assertThat(kernel.parameters(1).get(IscsiParameter.EXP_STAT_SN)).isEqualTo("81");
    }

    @Test
    void whileTheTargetIsAwayItTriesOnAndSaysWhy() throws Exception {
        KernelSession session = open(FIRST);
        assertThat(firstState(session)).isEqualTo(State.ONLINE);
        kernel.targetIsUp(false);
        kernel.breakConnection(1, 1011);
        await("several tries", () -> kernel.calls().stream().filter("suspend"::equals).count() > 3);
        assertThat(session.status().state()).isEqualTo(State.RECOVERING);
        assertThat(session.status().reason()).contains("ECONNREFUSED");

        kernel.targetIsUp(true);
        await("online again", () -> session.status().state() == State.ONLINE);
    }

    @Test
    void theNextPortalIsTriedAtOnce() throws Exception {
        kernel.answerAt(SECOND);

        KernelSession session = open(FIRST, SECOND);

        assertThat(firstState(session)).isEqualTo(State.ONLINE);
        assertThat(kernel.calls())
                .containsExactly(
                        "create",
                        "connect " + FIRST,
                        "suspend",
                        "connect " + SECOND,
                        "bind",
                        "start");
    }

    @Test
    void whereATargetHasMovedToTheLoginFollows() throws Exception {
        decision = new Decision.Moved(SECOND.toString(), false);
        KernelSession session = open(FIRST);
        await("sent on", () -> kernel.calls().contains("connect " + SECOND));

        decision = new Decision.Granted(new LoginAuthority.Grant() {}, OURS, THEIRS);

        assertThat(firstState(session)).isEqualTo(State.ONLINE);
    }

    @Test
    void aRefusalIsFinalAndTheDiskIsRemovedAtOnce() throws Exception {
        // traps: a login refused for good must end I/O, or umount and unbind hang.
        KernelSession session = open(FIRST);
        assertThat(firstState(session)).isEqualTo(State.ONLINE);
        decision = new Decision.Refused(LoginStatus.AUTHORIZATION_FAILURE, "fenced");

        kernel.breakConnection(1, 1011);
        await("fenced", () -> session.status().state() == State.FENCED);
        await("removed", () -> !kernel.has(1));

        assertThat(session.status().reason()).contains("AUTHORIZATION_FAILURE");
        assertThat(kernel.calls()).last().isEqualTo("destroy");
    }

    @Test
    void aTargetThatCantProveItselfGetsNoTraffic() throws Exception {
        decision =
                new Decision.Granted(
                        new LoginAuthority.Grant() {},
                        OURS,
                        new ChapCredential(TARGET, ChapSecret.of("somebody-elses-secret")));

        KernelSession session = open(FIRST);

        assertThat(firstState(session)).isEqualTo(State.FENCED);
        assertThat(kernel.calls()).doesNotContain("start");
    }

    @Test
    void aTargetThatIsBusyIsTriedAgain() throws Exception {
        decision = new Decision.Refused(LoginStatus.SERVICE_UNAVAILABLE, "starting");
        KernelSession session = open(FIRST);
        await("a try", () -> kernel.calls().contains("suspend"));

        decision = new Decision.Granted(new LoginAuthority.Grant() {}, OURS, THEIRS);

        assertThat(firstState(session)).isEqualTo(State.ONLINE);
    }

    @Test
    void logoutRemovesTheDiskFirstAndThenTheSession() throws Exception {
        KernelSession session = open(FIRST);
        assertThat(firstState(session)).isEqualTo(State.ONLINE);

        session.logOut(Duration.ofSeconds(1));

        assertThat(kernel.calls()).containsSubsequence("unbind", "destroy");
        assertThat(kernel.has(1)).isFalse();
        assertThat(session.status().state()).isEqualTo(State.ENDED);
    }

    @Test
    void endingWhileTheTargetIsAwayDoesntWaitForIt() throws Exception {
        kernel.targetIsUp(false);
        KernelSession session = open(FIRST);
        await("a try", () -> kernel.calls().contains("suspend"));

        session.end("a newer epoch");

        assertThat(session.status().state()).isEqualTo(State.ENDED);
        assertThat(kernel.has(1)).isFalse();
    }

    @Test
    void aSessionOfAnEarlierProcessIsTakenOverWhileItsCommandsFlow() throws Exception {
        KernelSession before = open(FIRST);
        assertThat(firstState(before)).isEqualTo(State.ONLINE);
        int calls = kernel.calls().size();

        KernelSession after =
                KernelSession.adopt(
                        with,
                        settings(FIRST),
                        () -> settings(FIRST),
                        SessionNames.of(3),
                        before.numbers());

        assertThat(after.status().state()).isEqualTo(State.ONLINE);
        assertThat(kernel.calls()).hasSize(calls);
        kernel.breakConnection(1, 1011);
        await("recovered", () -> kernel.calls().size() > calls && kernel.flows(1));
    }

    @Test
    void aSessionThatLostItsTargetWhileNobodyWatchedIsRecoveredAtOnce() throws Exception {
        KernelSession before = open(FIRST);
        assertThat(firstState(before)).isEqualTo(State.ONLINE);
        kernel.forget(1);
        kernel.breakConnection(1, 1011);

        KernelSession after =
                KernelSession.adopt(
                        with,
                        settings(FIRST),
                        () -> settings(FIRST),
                        SessionNames.of(3),
                        before.numbers());

        await("recovered", () -> kernel.flows(1));
        await("online", () -> after.status().state() == State.ONLINE);
    }

    @Test
    void withoutAKeyATakenOverSessionWaitsAndSaysWhichOneIsMissing() throws Exception {
        KernelSession before = open(FIRST);
        assertThat(firstState(before)).isEqualTo(State.ONLINE);
        kernel.forget(1);
        kernel.breakConnection(1, 1011);

        KernelSession after =
                KernelSession.adopt(
                        with,
                        settings(FIRST),
                        () -> {
                            throw new IllegalStateException("no key 'k9'");
                        },
                        SessionNames.of(3),
                        before.numbers());

        await("a reason", () -> after.status().reason().contains("k9"));
        assertThat(after.status().state()).isEqualTo(State.RECOVERING);
    }
}
