package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.RejectReason;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The rules of RFC 7143 that the initiator's machine keeps, one test each. */
class InitiatorSessionTest {
    private final Outcomes outcomes = new Outcomes();

    private ScsiRequest plain() {
        return ScsiRequest.plain(0, Outcomes.cdb());
    }

    @Test
    void dataInIsAssembledInTheCallersBuffer() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer into = ByteBuffer.allocate(100).position(10).limit(18);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.dataIn(tag, 0, 0, new byte[] {1, 2, 3, 4}, false);
        assertThat(outcomes.all).isEmpty();
        target.dataIn(tag, 1, 4, new byte[] {5, 6, 7, 8}, true);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(8));
        assertThat(into.slice(10, 8))
                .isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
        assertThat(into.get(9)).isZero();
        assertThat(into.position()).isEqualTo(10);
    }

    @Test
    void dataInOutOfPlaceEndsTheConnectionAndTheCommandIsSentAgain() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer into = ByteBuffer.allocate(8);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.dataIn(tag, 0, 4, new byte[4], false);
        assertThat(target.session.state()).isEqualTo(SessionState.WAITING);
        target.pass(Duration.ofSeconds(1));
        target.comeOnline();
        assertThat(target.nextCommand().read()).isTrue();
        assertThat(outcomes.all).isEmpty();
    }

    @Test
    void dataInBeyondTheBufferIsRefused() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer into = ByteBuffer.allocate(16).limit(8);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.dataIn(tag, 0, 0, new byte[9], true);
        assertThat(target.connected).isFalse();
        assertThat(outcomes.all).isEmpty();
    }

    @Test
    void anUnderflowSaysHowMuchWasRead() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer into = ByteBuffer.allocate(8);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.dataIn(tag, 0, 0, new byte[3], false);
        target.answer(tag, ScsiStatus.GOOD, Pdu.NO_DATA, new Residual(Residual.Kind.UNDERFLOW, 5));
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(3));
    }

    @Test
    void goodWithLessDataThanPromisedIsNotBelieved() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer into = ByteBuffer.allocate(8);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.dataIn(tag, 0, 0, new byte[3], false);
        target.answer(tag, ScsiStatus.GOOD);
        assertThat(outcomes.all).isEmpty();
        assertThat(target.connected).isFalse();
    }

    @Test
    void immediateDataIsAtMostFirstBurstAndOneSegment() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.transfer = new TransferSettings(4096, 65536, true, true);
        target.session.start();
        target.comeOnline();
        ByteBuffer out = Outcomes.bytes(10000);
        target.session.submit(ScsiRequest.writing(0, Outcomes.cdb(), out), outcomes.next());
        InitiatorPdu.ScsiCommand command = target.nextCommand();
        assertThat(command.data()).isEqualTo(out.slice(0, 4096));
        assertThat(command.last()).isTrue();
        assertThat(command.expectedDataTransferLength()).isEqualTo(10000);
        assertThat(target.sent).isEmpty();
    }

    @Test
    void unsolicitedDataFollowsUpToFirstBurstWhereInitialR2tIsNo() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.transfer = new TransferSettings(4096, 10000, false, true);
        target.session.start();
        target.comeOnline();
        ByteBuffer out = Outcomes.bytes(20000);
        target.session.submit(ScsiRequest.writing(0, Outcomes.cdb(), out), outcomes.next());
        assertThat(target.nextCommand().last()).isFalse();
        InitiatorPdu.DataOut first = target.next(InitiatorPdu.DataOut.class);
        InitiatorPdu.DataOut second = target.next(InitiatorPdu.DataOut.class);
        assertThat(first.bufferOffset()).isEqualTo(4096);
        assertThat(first.last()).isFalse();
        assertThat(second.bufferOffset()).isEqualTo(8192);
        assertThat(second.data()).isEqualTo(out.slice(8192, 10000 - 8192));
        assertThat(second.dataSn()).isEqualTo(1);
        assertThat(second.last()).isTrue();
        assertThat(second.targetTransferTag()).isEqualTo(Pdu.RESERVED_TAG);
        assertThat(target.sent).isEmpty();
    }

    @Test
    void noImmediateDataWhereItWasRefused() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.transfer = new TransferSettings(4096, 10000, true, false);
        target.session.start();
        target.comeOnline();
        target.session.submit(
                ScsiRequest.writing(0, Outcomes.cdb(), Outcomes.bytes(512)), outcomes.next());
        InitiatorPdu.ScsiCommand command = target.nextCommand();
        assertThat(command.data().hasRemaining()).isFalse();
        assertThat(command.last()).isTrue();
    }

    @Test
    void anR2tIsAnsweredInSegmentsWithDataSnFromZero() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer out = Outcomes.bytes(30000);
        target.session.submit(ScsiRequest.writing(0, Outcomes.cdb(), out), outcomes.next());
        InitiatorPdu.ScsiCommand command = target.nextCommand();
        int tag = command.initiatorTaskTag();
        assertThat(command.data().remaining()).isEqualTo(8192);
        target.r2t(tag, 77, 0, 8192, 10000);
        InitiatorPdu.DataOut first = target.next(InitiatorPdu.DataOut.class);
        InitiatorPdu.DataOut second = target.next(InitiatorPdu.DataOut.class);
        assertThat(first.targetTransferTag()).isEqualTo(77);
        assertThat(first.data()).isEqualTo(out.slice(8192, 8192));
        assertThat(second.bufferOffset()).isEqualTo(16384);
        assertThat(second.data()).isEqualTo(out.slice(16384, 1808));
        assertThat(second.last()).isTrue();
        target.r2t(tag, 78, 1, 18192, 11808);
        assertThat(target.next(InitiatorPdu.DataOut.class).dataSn()).isZero();
        assertThat(target.next(InitiatorPdu.DataOut.class).last()).isTrue();
        target.answer(tag, ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(30000));
    }

    @Test
    void anR2tForBytesThatTheCommandHasNotIsRefused() {
        ScriptedTarget target = ScriptedTarget.online();
        ByteBuffer out = Outcomes.bytes(10000);
        target.session.submit(ScsiRequest.writing(0, Outcomes.cdb(), out), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.r2t(tag, 77, 0, 8192, 2000);
        assertThat(target.connected).isFalse();
    }

    @Test
    void commandsStopAtMaxCmdSnAndGoOnWhenItRises() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.window = 2;
        target.session.start();
        target.comeOnline();
        for (int i = 0; i < 3; i++) {
            target.session.submit(plain(), outcomes.next());
        }
        InitiatorPdu.ScsiCommand first = target.nextCommand();
        InitiatorPdu.ScsiCommand second = target.nextCommand();
        assertThat(second.cmdSn()).isEqualTo(first.cmdSn() + 1);
        assertThat(target.sent).isEmpty();
        target.answer(first.initiatorTaskTag(), ScsiStatus.GOOD);
        assertThat(target.nextCommand().cmdSn()).isEqualTo(first.cmdSn() + 2);
    }

    @Test
    void whatWasOutIsSentAgainInOrderAfterAReconnect() {
        ScriptedTarget target = ScriptedTarget.online();
        for (int i = 0; i < 3; i++) {
            target.session.submit(
                    ScsiRequest.plain(0, ByteBuffer.allocate(16).put(2, (byte) i)),
                    outcomes.next());
        }
        target.nextCommand();
        InitiatorPdu.ScsiCommand second = target.nextCommand();
        target.nextCommand();
        target.answer(second.initiatorTaskTag(), ScsiStatus.GOOD);
        target.lose();
        target.pass(Duration.ofSeconds(1));
        target.comeOnline();
        InitiatorPdu.ScsiCommand again = target.nextCommand();
        assertThat(again.cdb().get(2)).isZero();
        assertThat(again.cmdSn()).isEqualTo(target.expCmdSn - 1);
        assertThat(target.nextCommand().cdb().get(2)).isEqualTo((byte) 2);
        assertThat(outcomes.all).hasSize(1);
    }

    @Test
    void commandsWaitWhileTheOwnerVerifiesAndProbesGoAhead() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.session.start();
        target.session.submit(plain(), outcomes.next());
        target.logIn();
        assertThat(target.events).containsExactly("loggedIn");
        assertThat(target.sent).isEmpty();
        Outcomes probes = new Outcomes();
        target.session.probe(plain(), probes.next());
        target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.GOOD);
        assertThat(probes.only()).isEqualTo(new ScsiOutcome.Good(0));
        assertThat(target.sent).isEmpty();
        target.session.open();
        target.nextCommand();
    }

    @Test
    void aProbeIsNotRepeatedOnAnotherConnection() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.session.start();
        target.logIn();
        target.session.probe(plain(), outcomes.next());
        target.lose();
        assertThat(outcomes.error()).isEqualTo(DiskError.CONNECTION_LOST);
    }

    @Test
    void aLoginRefusedForAuthorisationIsFinal() {
        for (int detail = 1; detail <= 4; detail++) {
            Outcomes each = new Outcomes();
            ScriptedTarget target = ScriptedTarget.online();
            target.session.submit(plain(), each.next());
            target.lose();
            target.pass(Duration.ofSeconds(1));
            target.statusClass = 2;
            target.statusDetail = detail;
            target.logIn();
            assertThat(target.session.state()).isEqualTo(SessionState.FENCED);
            assertThat(each.error()).isEqualTo(DiskError.FENCED);
            int connects = target.connects.size();
            target.pass(Duration.ofMinutes(1));
            assertThat(target.connects).hasSize(connects);
            Outcomes later = new Outcomes();
            target.session.submit(plain(), later.next());
            assertThat(later.error()).isEqualTo(DiskError.FENCED);
        }
    }

    @Test
    void aTargetInTroubleIsTriedAgain() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.statusClass = 3;
        target.statusDetail = 1;
        target.session.start();
        target.logIn();
        assertThat(target.session.state()).isEqualTo(SessionState.WAITING);
        target.statusClass = 0;
        target.pass(Duration.ofSeconds(1));
        target.comeOnline();
        assertThat(target.session.state()).isEqualTo(SessionState.ONLINE);
    }

    @Test
    void portalsAreTriedInOrderThenAPauseThatGrows() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a", "[::1]:77");
        target.session.start();
        target.session.connectFailed("refused");
        assertThat(target.connects).containsExactly(new Portal("a", 3260), new Portal("::1", 77));
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            target.session.connectFailed("refused");
            if (target.session.state() == SessionState.WAITING) {
                long from = target.now;
                int connects = target.connects.size();
                while (target.connects.size() == connects) {
                    target.pass(Duration.ofMillis(100));
                }
                pauses.add((target.now - from) / 1_000_000);
            }
        }
        assertThat(pauses.getFirst()).isLessThan(300);
        assertThat(pauses).isSorted();
        assertThat(pauses.getLast()).isLessThan(5000);
    }

    @Test
    void aPingIsAnsweredWithItsTransferTag() {
        ScriptedTarget target = ScriptedTarget.online();
        target.ping(55);
        InitiatorPdu.NopOut pong = target.next(InitiatorPdu.NopOut.class);
        assertThat(pong.targetTransferTag()).isEqualTo(55);
        assertThat(pong.initiatorTaskTag()).isEqualTo(Pdu.RESERVED_TAG);
        assertThat(pong.immediate()).isTrue();
        target.ping(Pdu.RESERVED_TAG);
        assertThat(target.sent).isEmpty();
    }

    @Test
    void silenceIsPingedAndWithoutAnAnswerTheConnectionIsLost() {
        ScriptedTarget target = ScriptedTarget.online();
        target.pass(Duration.ofSeconds(5));
        target.pong(target.next(InitiatorPdu.NopOut.class).initiatorTaskTag());
        target.pass(Duration.ofSeconds(5));
        target.next(InitiatorPdu.NopOut.class);
        target.pass(Duration.ofMillis(4900));
        assertThat(target.connected).isTrue();
        target.pass(Duration.ofMillis(100));
        assertThat(target.connected).isFalse();
    }

    @Test
    void aProcessThatStoodStillBlamesNobody() {
        ScriptedTarget target = ScriptedTarget.online();
        target.pass(Duration.ofSeconds(5));
        target.next(InitiatorPdu.NopOut.class);
        target.now += Duration.ofMinutes(1).toNanos();
        target.session.tick();
        assertThat(target.connected).isTrue();
    }

    @Test
    void aGapInStatSnEndsTheConnection() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.statSn++;
        target.answer(tag, ScsiStatus.GOOD);
        assertThat(target.connected).isFalse();
        assertThat(outcomes.all).isEmpty();
    }

    @Test
    void aUnitAttentionIsToldAndTheCommandRetried() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.check(tag, SenseKey.UNIT_ATTENTION, AdditionalSense.CAPACITY_DATA_CHANGED);
        assertThat(target.events).contains("attention 2a/09");
        target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(0));
    }

    @Test
    void busyIsRetriedWithGrowingPausesBeyondTheTargetsWindowForAFullPool() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        long end = target.now + Duration.ofSeconds(70).toNanos();
        int sent = 0;
        while (target.now < end) {
            if (!target.sent.isEmpty() && target.sent.peek() instanceof InitiatorPdu.ScsiCommand) {
                target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.BUSY);
                sent++;
            }
            target.sent.clear();
            target.pass(Duration.ofMillis(100));
        }
        assertThat(outcomes.all).isEmpty();
        assertThat(sent).isBetween(20, 60);
    }

    @Test
    void senseBecomesTheErrnoThatAFilesystemUnderstands() {
        assertThat(failure(SenseKey.DATA_PROTECT, AdditionalSense.SPACE_ALLOCATION_FAILED).errno())
                .isEqualTo(28);
        assertThat(failure(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED).errno())
                .isEqualTo(30);
        assertThat(failure(SenseKey.MEDIUM_ERROR, AdditionalSense.UNRECOVERED_READ_ERROR).errno())
                .isEqualTo(5);
        assertThat(
                        failure(SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE)
                                .errno())
                .isEqualTo(5);
        assertThat(failure(SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_CDB).errno())
                .isEqualTo(95);
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.RESERVATION_CONFLICT);
        assertThat(outcomes.error().errno()).isEqualTo(52);
    }

    private static DiskError failure(SenseKey key, AdditionalSense additional) {
        Outcomes each = new Outcomes();
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(ScsiRequest.plain(0, Outcomes.cdb()), each.next());
        target.check(target.nextCommand().initiatorTaskTag(), key, additional);
        return each.error();
    }

    @Test
    void anOverdueCommandIsAbortedAndSentAgain() {
        ScriptedTarget target = onlineWithoutPings();
        target.session.submit(plain(), outcomes.next());
        InitiatorPdu.ScsiCommand command = target.nextCommand();
        target.pass(Duration.ofSeconds(181));
        InitiatorPdu.TaskManagementRequest abort =
                target.next(InitiatorPdu.TaskManagementRequest.class);
        assertThat(abort.function()).isEqualTo(1);
        assertThat(abort.referencedTaskTag()).isEqualTo(command.initiatorTaskTag());
        assertThat(abort.refCmdSn()).isEqualTo(command.cmdSn());
        assertThat(target.sent).isEmpty();
        target.managed(abort.initiatorTaskTag(), 0);
        target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(0));
    }

    @Test
    void anAbortWithoutAnAnswerLeadsToAResetThenToANewSession() {
        ScriptedTarget target = onlineWithoutPings();
        target.session.submit(plain(), outcomes.next());
        target.nextCommand();
        target.pass(Duration.ofSeconds(181));
        target.next(InitiatorPdu.TaskManagementRequest.class);
        target.pass(Duration.ofSeconds(15));
        assertThat(target.next(InitiatorPdu.TaskManagementRequest.class).function()).isEqualTo(5);
        target.pass(Duration.ofSeconds(30));
        assertThat(target.connected).isFalse();
        assertThat(outcomes.all).isEmpty();
    }

    /** A reset ends what was sent before it (RFC 7143 §4.2.3.3); what came later goes on. */
    @Test
    void aCommandSentBehindAResetIsNotSentAgain() {
        ScriptedTarget target = onlineWithoutPings();
        target.session.submit(plain(), outcomes.next());
        int before = target.nextCommand().initiatorTaskTag();
        target.pass(Duration.ofSeconds(181));
        target.next(InitiatorPdu.TaskManagementRequest.class);
        target.pass(Duration.ofSeconds(15));
        int reset = target.next(InitiatorPdu.TaskManagementRequest.class).initiatorTaskTag();
        target.session.submit(plain(), outcomes.next());
        int behind = target.nextCommand().initiatorTaskTag();
        target.managed(reset, 0);
        int again = target.nextCommand().initiatorTaskTag();
        assertThat(again).isNotIn(before, behind);
        assertThat(target.sent).isEmpty();
        target.answer(behind, ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(0));
    }

    private static ScriptedTarget onlineWithoutPings() {
        RecoverySettings d = RecoverySettings.DEFAULTS;
        return ScriptedTarget.online(
                new RecoverySettings(
                        Duration.ofHours(1),
                        d.nopTimeout(),
                        d.loginTimeout(),
                        d.commandTimeout(),
                        d.abortTimeout(),
                        d.resetTimeout(),
                        d.logoutTimeout(),
                        d.firstBackOff(),
                        d.maxBackOff(),
                        Optional.empty(),
                        d.maxInFlight(),
                        d.maxQueued()));
    }

    @Test
    void aRequestedLogoutIsDoneWhenNothingIsOutAndANewLoginFollows() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        int tag = target.nextCommand().initiatorTaskTag();
        target.async(1, 0);
        target.session.submit(plain(), outcomes.next());
        assertThat(target.sent).isEmpty();
        target.answer(tag, ScsiStatus.GOOD);
        int logout = target.next(InitiatorPdu.LogoutRequest.class).initiatorTaskTag();
        target.loggedOut(logout);
        target.pass(Duration.ofSeconds(1));
        target.comeOnline();
        target.nextCommand();
        assertThat(outcomes.all).hasSize(1);
    }

    @Test
    void aDropThatWasAnnouncedIsWaitedFor() {
        ScriptedTarget target = ScriptedTarget.online();
        target.async(2, 3);
        target.pass(Duration.ofSeconds(6).minusMillis(1500));
        target.lose();
        int connects = target.connects.size();
        target.pass(Duration.ofMillis(2900));
        assertThat(target.connects).hasSize(connects);
        target.pass(Duration.ofSeconds(1));
        assertThat(target.connects).hasSize(connects + 1);
    }

    @Test
    void aCommandThatIsRejectedAgainAndAgainFails() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        for (int i = 0; i < 3; i++) {
            assertThat(outcomes.all).isEmpty();
            target.reject(target.nextCommand().initiatorTaskTag());
            assertThat(target.connected).isFalse();
            target.pass(Duration.ofSeconds(4));
            target.comeOnline();
        }
        assertThat(outcomes.error()).isEqualTo(DiskError.IO);
    }

    /** The network turned the bit, not the command: it is sent as often as it takes. */
    @Test
    void aCommandWhoseDataDigestIsWrongAgainAndAgainIsSentAgain() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        for (int i = 0; i < 10; i++) {
            target.reject(target.nextCommand().initiatorTaskTag(), RejectReason.DATA_DIGEST_ERROR);
            assertThat(target.connected).isFalse();
            target.pass(Duration.ofSeconds(4));
            target.comeOnline();
        }
        target.answer(target.nextCommand().initiatorTaskTag(), ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(0));
    }

    @Test
    void closeCarriesOutWhatWasSubmittedThenLogsOut() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        target.session.close();
        int tag = target.nextCommand().initiatorTaskTag();
        assertThat(target.sent).isEmpty();
        target.answer(tag, ScsiStatus.GOOD);
        assertThat(outcomes.only()).isEqualTo(new ScsiOutcome.Good(0));
        target.loggedOut(target.next(InitiatorPdu.LogoutRequest.class).initiatorTaskTag());
        assertThat(target.session.state()).isEqualTo(SessionState.CLOSED);
    }

    @Test
    void anUnansweredLogoutEndsAnyway() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.close();
        target.next(InitiatorPdu.LogoutRequest.class);
        target.pass(Duration.ofSeconds(5));
        assertThat(target.session.state()).isEqualTo(SessionState.CLOSED);
        assertThat(target.connected).isFalse();
    }

    @Test
    void commandsWaitForeverUnlessAReplacementTimeoutIsSet() {
        ScriptedTarget forever = ScriptedTarget.online();
        forever.session.submit(plain(), outcomes.next());
        forever.lose();
        forever.pass(Duration.ofHours(1));
        assertThat(outcomes.all).isEmpty();

        RecoverySettings d = RecoverySettings.DEFAULTS;
        ScriptedTarget bounded =
                ScriptedTarget.online(
                        new RecoverySettings(
                                d.nopInterval(),
                                d.nopTimeout(),
                                d.loginTimeout(),
                                d.commandTimeout(),
                                d.abortTimeout(),
                                d.resetTimeout(),
                                d.logoutTimeout(),
                                d.firstBackOff(),
                                d.maxBackOff(),
                                Optional.of(Duration.ofSeconds(20)),
                                8,
                                8));
        bounded.session.submit(plain(), outcomes.next());
        bounded.lose();
        bounded.pass(Duration.ofSeconds(19));
        assertThat(outcomes.all).isEmpty();
        bounded.pass(Duration.ofSeconds(2));
        assertThat(outcomes.error()).isEqualTo(DiskError.TIMED_OUT);
    }

    @Test
    void moreThanTheQueueHoldsIsRefused() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a");
        target.session.start();
        for (int i = 0; i <= RecoverySettings.DEFAULTS.maxQueued(); i++) {
            target.session.submit(plain(), outcomes.next());
        }
        assertThat(outcomes.error()).isEqualTo(DiskError.QUEUE_FULL);
    }

    @Test
    void fencedByItsOwnerItSendsNothingMore() {
        ScriptedTarget target = ScriptedTarget.online();
        target.session.submit(plain(), outcomes.next());
        target.nextCommand();
        target.session.fence("wrong unit");
        assertThat(target.connected).isFalse();
        assertThat(outcomes.error()).isEqualTo(DiskError.FENCED);
        target.pass(Duration.ofMinutes(1));
        assertThat(target.sent).isEmpty();
    }

    @Test
    void whoeverAsksForALoginWhenItsProbeFailsDoesNotHinderTheRecovery() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a", "b", "c");
        target.session.start();
        target.logIn();
        target.session.probe(plain(), outcome -> target.session.relogin("the probe failed"));
        target.lose();
        target.pass(Duration.ofMillis(100));
        assertThat(target.connects).hasSize(2);
        target.comeOnline();
        assertThat(target.session.state()).isEqualTo(SessionState.ONLINE);
    }

    @Test
    void aFenceWhileItVerifiesIsFinal() {
        ScriptedTarget target = new ScriptedTarget(RecoverySettings.DEFAULTS, "a", "b");
        target.session.start();
        target.logIn();
        target.session.probe(plain(), outcome -> target.session.relogin("the probe failed"));
        target.session.fence("detached");
        target.pass(Duration.ofSeconds(10));
        assertThat(target.connects).hasSize(1);
        assertThat(target.session.state()).isEqualTo(SessionState.FENCED);
    }
}
