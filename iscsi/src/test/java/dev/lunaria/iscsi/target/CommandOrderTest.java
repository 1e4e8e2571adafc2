package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.SnackRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.RejectReason;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LogoutResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.Reject;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TaskManagementResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TextResponse;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** CmdSN, StatSN, and what is no SCSI command: RFC 7143 §4.2.2, §11.5, §11.10, §11.14 to §11.19. */
final class CommandOrderTest {
    private final Rig rig = new Rig(Rig.limits(true, 1));

    private static NopOut nop(int tag, int cmdSn, boolean immediate, ByteBuffer data) {
        return new NopOut(immediate, 0, tag, Pdu.RESERVED_TAG, cmdSn, 0, data);
    }

    @Test
    void theWindowMovesOnlyWithAnswers() {
        List<ScsiCommand> commands = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            commands.add(rig.read(i, 1, 512));
        }
        commands.forEach(rig.phase::receive);
        // The window is 8 wide: what is beyond MaxCmdSN is dropped.
        assertThat(rig.device.running).hasSize(8);
        rig.device.finishOne();
        DataIn first = rig.out.next(DataIn.class);
        assertThat(first.expCmdSn()).isEqualTo(Rig.FIRST_CMD_SN + 8);
        assertThat(first.maxCmdSn()).isEqualTo(Rig.FIRST_CMD_SN + 8);
        rig.phase.receive(commands.get(8));
        assertThat(rig.device.running).hasSize(8);
        rig.phase.receive(commands.get(0));
        assertThat(rig.device.running).as("a duplicate is dropped").hasSize(8);
        rig.device.finishAll();
        int statSn = Rig.FIRST_STAT_SN;
        assertThat(first.statSn()).isEqualTo(statSn);
        for (TargetPdu pdu : rig.out.sent) {
            assertThat(((DataIn) pdu).statSn()).isEqualTo(++statSn);
        }
    }

    @Test
    void commandsAheadOfTheirTurnAreHeldWithTheirData() {
        ByteBuffer data = Rig.pattern(512, 1);
        ScsiCommand first = rig.read(0, 1, 512);
        ScsiCommand second = rig.write(9, 1, 512, true, data.duplicate());
        ScsiCommand third = rig.read(9, 1, 512);
        rig.phase.receive(third);
        rig.phase.receive(second);
        data.put(0, new byte[512]);
        assertThat(rig.device.running).isEmpty();
        rig.phase.receive(first);
        assertThat(rig.device.running.stream().map(r -> r.command().initiatorTaskTag()))
                .containsExactly(
                        first.initiatorTaskTag(),
                        second.initiatorTaskTag(),
                        third.initiatorTaskTag());
        rig.device.finishAll();
        assertThat(ByteBuffer.wrap(rig.device.bytes, 9 * 512, 512)).isEqualTo(Rig.pattern(512, 1));
    }

    @Test
    void anImmediateCommandIsOutsideTheWindow() {
        rig.phase.receive(nop(50, rig.cmdSn, true, Rig.pattern(100, 1)));
        NopIn pong = rig.out.next(NopIn.class);
        assertThat(pong.initiatorTaskTag()).isEqualTo(50);
        assertThat(pong.data()).isEqualTo(Rig.pattern(100, 1));
        assertThat(pong.expCmdSn()).isEqualTo(Rig.FIRST_CMD_SN);
        rig.phase.receive(nop(51, rig.cmdSn, false, Pdu.NO_DATA));
        NopIn second = rig.out.next(NopIn.class);
        assertThat(second.expCmdSn()).isEqualTo(Rig.FIRST_CMD_SN + 1);
        assertThat(second.statSn()).isEqualTo(Rig.FIRST_STAT_SN + 1);
    }

    @Test
    void tooManyImmediateCommandsAreRejected() {
        for (int i = 0; i < 8 + FullFeaturePhase.IMMEDIATE_LIMIT; i++) {
            rig.phase.receive(rig.manage(5, 0, 0));
        }
        rig.out.assertNothing();
        rig.phase.receive(rig.manage(5, 0, 0));
        assertThat(rig.out.next(Reject.class).reason()).isEqualTo(6);
    }

    @Test
    void aSilentInitiatorIsPingedAndThenGivenUp() {
        rig.phase.timer();
        NopIn ping = rig.out.next(NopIn.class);
        assertThat(ping.initiatorTaskTag()).isEqualTo(Pdu.RESERVED_TAG);
        assertThat(ping.targetTransferTag()).isNotEqualTo(Pdu.RESERVED_TAG);
        rig.phase.receive(
                new NopOut(
                        true,
                        0,
                        Pdu.RESERVED_TAG,
                        ping.targetTransferTag(),
                        rig.cmdSn,
                        0,
                        Pdu.NO_DATA));
        rig.phase.timer();
        rig.out.assertNothing();
        rig.phase.timer();
        rig.out.next(NopIn.class);
        rig.phase.timer();
        assertThat(rig.out.closed).isTrue();
    }

    @Test
    void snackIsRejectedAtErrorRecoveryLevelZero() {
        rig.phase.receive(new SnackRequest(1, 0, 5, 6, 0, 0, 0));
        Reject reject = rig.out.next(Reject.class);
        assertThat(reject.reason()).isEqualTo(RejectReason.SNACK_REJECT.code());
        assertThat(reject.data().remaining()).isEqualTo(Pdu.BASIC_HEADER_BYTES);
        assertThat(reject.data().get(0) & 0x3f).isEqualTo(0x10);
        assertThat(rig.out.closed).isFalse();
    }

    @Test
    void aMalformedCommandIsRejectedAndItsNumberCounts() {
        ByteBuffer header = ByteBuffer.allocate(48);
        header.put(0, (byte) 0x01).putInt(24, rig.cmdSn++);
        rig.phase.malformed(
                new ProtocolException(RejectReason.INVALID_PDU_FIELD, true, header, "bad"));
        assertThat(rig.out.next(Reject.class).expCmdSn()).isEqualTo(Rig.FIRST_CMD_SN + 1);
        rig.phase.receive(rig.read(0, 1, 512));
        assertThat(rig.device.running).hasSize(1);
    }

    @Test
    void aDigestErrorEndsTheConnection() {
        rig.phase.malformed(
                new ProtocolException(
                        RejectReason.DATA_DIGEST_ERROR, true, ByteBuffer.allocate(48), "digest"));
        assertThat(rig.out.next(Reject.class).reason()).isEqualTo(2);
        assertThat(rig.out.closed).isTrue();
    }

    @Test
    void logoutIsAnsweredAfterTheDrainAndClosesTheConnection() {
        rig.phase.receive(rig.read(0, 1, 512));
        rig.phase.receive(new LogoutRequest(true, 0, 77, 1, rig.cmdSn, 0));
        rig.out.assertNothing();
        rig.device.finishOne();
        LogoutResponse response = rig.out.next(LogoutResponse.class);
        assertThat(response.response()).isZero();
        assertThat(rig.out.closed).isTrue();
    }

    @Test
    void logoutOfAnotherConnectionOrForRecoveryIsRefused() {
        rig.phase.receive(new LogoutRequest(true, 1, 77, 9, rig.cmdSn, 0));
        assertThat(rig.out.next(LogoutResponse.class).response()).isEqualTo(1);
        rig.phase.receive(new LogoutRequest(true, 2, 78, 1, rig.cmdSn, 0));
        assertThat(rig.out.next(LogoutResponse.class).response()).isEqualTo(2);
        assertThat(rig.out.closed).isFalse();
    }

    @Test
    void abortTaskIsAnsweredOnlyAfterTheTaskHasDrained() {
        ScsiCommand write = rig.write(0, 1, 512, true, Rig.pattern(512, 1));
        rig.phase.receive(write);
        rig.phase.receive(rig.manage(1, write.initiatorTaskTag(), write.cmdSn()));
        rig.out.assertNothing();
        rig.device.finishOne();
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        rig.out.assertNothing();
        assertThat(rig.pool.used).isZero();
    }

    /** What a device only holds back, for a limit, must not keep an abort or a fence waiting. */
    @Test
    void theDeviceHearsThatItsCommandsAreWaitedForAndWhenThatIsOver() {
        ScsiCommand write = rig.write(0, 1, 512, true, Rig.pattern(512, 1));
        rig.phase.receive(write);
        rig.phase.receive(rig.manage(1, write.initiatorTaskTag(), write.cmdSn()));
        assertThat(rig.device.drains).isEqualTo(1);
        rig.device.finishOne();
        assertThat(rig.device.drains).isZero();

        rig.phase.receive(rig.manage(1, 1234, Rig.FIRST_CMD_SN - 1));
        assertThat(rig.device.drainsBegun).as("nothing is waited for").isEqualTo(1);
        rig.phase.receive(rig.read(0, 1, 512));
        rig.phase.end(false, () -> assertThat(rig.device.drains).isZero());
        assertThat(rig.device.drains).isEqualTo(1);
        rig.device.finishOne();
        assertThat(rig.device.lost).isTrue();
    }

    @Test
    void abortTaskOfACollectingTaskFreesItsMemory() {
        ScsiCommand write = rig.write(0, 1, 512, true, Pdu.NO_DATA);
        rig.phase.receive(write);
        rig.out.next(TargetPdu.ReadyToTransfer.class);
        rig.phase.receive(rig.manage(1, write.initiatorTaskTag(), write.cmdSn()));
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        assertThat(rig.pool.used).isZero();
    }

    @Test
    void abortTaskOfNothing() {
        rig.phase.receive(rig.manage(1, 1234, Rig.FIRST_CMD_SN - 1));
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isEqualTo(1);
        // A command that is still to come counts as received (RFC 7143 §11.6.1).
        int missing = rig.cmdSn++;
        rig.phase.receive(rig.manage(1, 1234, missing));
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        rig.phase.receive(rig.read(0, 1, 512));
        assertThat(rig.device.running).hasSize(1);
    }

    @Test
    void logicalUnitResetWaitsForItsTasksAndTheDevice() {
        rig.phase.receive(rig.read(0, 1, 512));
        rig.phase.receive(rig.manage(5, 0, 0));
        assertThat(rig.device.resets).isEmpty();
        rig.device.finishOne();
        rig.out.assertNothing();
        rig.device.resets.remove().run();
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
    }

    @Test
    void eachFunctionOfTheUnitReachesTheDeviceOnceItsOwnTasksHaveDrained() {
        UnitFunction[] expected = {
            UnitFunction.CLEAR_TASK_SET,
            UnitFunction.LOGICAL_UNIT_RESET,
            UnitFunction.TARGET_WARM_RESET
        };
        for (int function = 4; function <= 6; function++) {
            rig.phase.receive(rig.read(0, 1, 512));
            rig.phase.receive(rig.manage(function, 0, 0));
            assertThat(rig.device.functions).isEmpty();
            rig.device.finishOne();
            assertThat(rig.device.functions.remove()).isEqualTo(expected[function - 4]);
            rig.device.resets.remove().run();
            assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        }
        assertThat(rig.out.closed).isFalse();
    }

    @Test
    void targetColdResetEndsItsOwnSessionBehindTheAnswer() {
        rig.phase.receive(rig.manage(7, 0, 0));
        assertThat(rig.device.functions.remove()).isEqualTo(UnitFunction.TARGET_COLD_RESET);
        rig.device.resets.remove().run();
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        assertThat(rig.out.closed).isTrue();
    }

    /** SPC-4 §7.5.10: TAS is 1. */
    @Test
    void whatAnotherNexusAbortsIsAnsweredTaskAbortedOnceItCanNoLongerReachTheStore() {
        rig.phase.receive(rig.write(0, 1, 512, true, Rig.pattern(512, 1)));
        rig.phase.receive(rig.write(4, 1, 512, true, Pdu.NO_DATA));
        rig.out.next(TargetPdu.ReadyToTransfer.class);
        boolean[] drained = {false};
        rig.phase.abortForAnother(() -> drained[0] = true);
        assertThat(rig.out.next(ScsiResponse.class).status())
                .as("the one that waited for its data")
                .isEqualTo(ScsiStatus.TASK_ABORTED.code());
        rig.out.assertNothing();
        assertThat(drained[0]).isFalse();
        rig.device.finishOne();
        assertThat(rig.out.next(ScsiResponse.class).status())
                .isEqualTo(ScsiStatus.TASK_ABORTED.code());
        assertThat(drained[0]).isTrue();
        assertThat(rig.pool.used).isZero();
        assertThat(rig.device.running).isEmpty();
    }

    @Test
    void whatItsOwnInitiatorAbortedStaysUnansweredWhenAnotherAbortsItToo() {
        ScsiCommand write = rig.write(0, 1, 512, true, Rig.pattern(512, 1));
        rig.phase.receive(write);
        rig.phase.receive(rig.manage(1, write.initiatorTaskTag(), write.cmdSn()));
        boolean[] drained = {false};
        rig.phase.abortForAnother(() -> drained[0] = true);
        rig.device.finishOne();
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isZero();
        rig.out.assertNothing();
        assertThat(drained[0]).isTrue();
    }

    @Test
    void functionsOfALunThatIsNotThereSaySo() {
        for (int function : new int[] {2, 4, 5}) {
            rig.phase.receive(
                    new TaskManagementRequest(
                            true, function, 1L << 48, rig.tag++, -1, rig.cmdSn, 0, 0, 0));
            assertThat(rig.out.next(TaskManagementResponse.class).response()).isEqualTo(2);
        }
        assertThat(rig.device.functions).isEmpty();
    }

    @Test
    void functionsThatAreNotCarriedOutSaySo() {
        for (int function : new int[] {3, 30}) {
            rig.phase.receive(rig.manage(function, 0, 0));
            assertThat(rig.out.next(TaskManagementResponse.class).response()).isEqualTo(5);
        }
        rig.phase.receive(rig.manage(8, 0, 0));
        assertThat(rig.out.next(TaskManagementResponse.class).response()).isEqualTo(4);
    }

    @Test
    void endingWaitsForWhatTheDeviceServerHas() {
        rig.phase.receive(rig.write(0, 1, 512, true, Rig.pattern(512, 1)));
        boolean[] drained = {false};
        rig.phase.end(true, () -> drained[0] = true);
        assertThat(rig.out.next(TargetPdu.AsyncMessage.class).event()).isEqualTo(3);
        assertThat(drained[0]).isFalse();
        rig.device.finishOne();
        assertThat(drained[0]).isTrue();
        rig.out.assertNothing();
        assertThat(rig.pool.used).isZero();
        assertThat(rig.device.released).isEqualTo(1);
    }

    @Test
    void whatTheDeviceServerThrowsIsAHardwareErrorAndHoldsUpNoDrain() {
        rig.device.executing = new IllegalStateException("broken");
        rig.phase.receive(rig.write(0, 1, 512, true, Rig.pattern(512, 1)));
        assertHardwareError();
        rig.phase.receive(rig.read(0, 1, 512));
        assertHardwareError();
        rig.device.executing = null;
        rig.device.admitting = new IllegalStateException("broken");
        rig.phase.receive(rig.read(0, 1, 512));
        assertHardwareError();
        rig.device.admitting = null;
        rig.phase.receive(rig.read(0, 1, 512));
        rig.device.finishOne();
        assertThat(rig.out.next(DataIn.class).withStatus()).isTrue();
        boolean[] drained = {false};
        rig.phase.end(false, () -> drained[0] = true);
        assertThat(drained[0]).isTrue();
        assertThat(rig.pool.used).isZero();
    }

    private void assertHardwareError() {
        ScsiResponse response = rig.out.next(ScsiResponse.class);
        assertThat(response.status()).isEqualTo(ScsiStatus.CHECK_CONDITION.code());
        SenseData sense = SenseData.parse(response.data().duplicate().position(2).slice());
        assertThat(sense.key()).isEqualTo(SenseKey.HARDWARE_ERROR);
        assertThat(sense.additional()).isEqualTo(AdditionalSense.INTERNAL_TARGET_FAILURE);
    }

    private String text(String question) {
        rig.phase.receive(
                new TextRequest(
                        true,
                        true,
                        false,
                        0,
                        9,
                        Pdu.RESERVED_TAG,
                        rig.cmdSn,
                        0,
                        ByteBuffer.wrap(question.getBytes(StandardCharsets.UTF_8))));
        TextResponse response = rig.out.next(TextResponse.class);
        assertThat(response.last()).isTrue();
        return StandardCharsets.UTF_8.decode(response.data().duplicate()).toString();
    }

    @Test
    void sendTargetsInANormalSessionNamesItsOwnTarget() {
        String own = "TargetName=iqn.t\0TargetAddress=127.0.0.1:3260,1\0";
        assertThat(text("SendTargets=\0")).isEqualTo(own);
        assertThat(text("SendTargets=iqn.t\0")).isEqualTo(own);
        assertThat(text("SendTargets=iqn.other\0")).isEmpty();
        assertThat(text("SendTargets=All\0")).isEqualTo("SendTargets=Reject\0");
        // RFC 7143 §6.2: what isn't known, and what isn't negotiated any more.
        assertThat(text("X-foo=1\0")).isEqualTo("X-foo=NotUnderstood\0");
        assertThat(text("MaxBurstLength=512\0")).isEqualTo("MaxBurstLength=Reject\0");
    }

    @Test
    void aTaskTagInUseIsRejected() {
        ScsiCommand first = rig.read(0, 1, 512);
        rig.phase.receive(first);
        rig.tag = first.initiatorTaskTag();
        rig.phase.receive(rig.read(1, 1, 512));
        assertThat(rig.out.next(Reject.class).reason())
                .isEqualTo(RejectReason.TASK_IN_PROGRESS.code());
        rig.device.finishOne();
        rig.out.next(DataIn.class);
        assertThat(rig.out.sent).noneMatch(pdu -> pdu instanceof ScsiResponse);
    }
}
