package dev.lunaria.target.device;

import static dev.lunaria.target.device.Outcomes.assertCheck;
import static dev.lunaria.target.device.Outcomes.assertGood;
import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.BLOCKS;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Unit attentions and resets (SAM-5 §5.14, §6.3). */
class UnitAttentionTest {
    private final UnitRig rig = new UnitRig().inUse();

    private static void assertAttention(Outcome outcome, AdditionalSense additional) {
        assertCheck(outcome, SenseKey.UNIT_ATTENTION, additional);
    }

    @Test
    void the_first_command_of_a_nexus_hears_of_the_power_on_once() {
        Initiator node = rig.loginFresh("a", 1, false);
        assertAttention(node.send(new Cdb.TestUnitReady()), AdditionalSense.POWER_ON_OR_RESET);
        assertGood(node.send(new Cdb.TestUnitReady()));
    }

    @Test
    void after_a_mere_restart_of_the_process_it_hears_of_a_nexus_loss() {
        Initiator node = new UnitRig(false).loginFresh("a", 1, false);
        assertAttention(node.send(new Cdb.TestUnitReady()), AdditionalSense.NEXUS_LOSS);
    }

    @Test
    void a_session_that_comes_back_hears_of_a_nexus_loss() {
        Initiator node = rig.login("a");
        node.device.nexusLost();
        assertAttention(
                rig.loginFresh("a", 1, false).send(new Cdb.TestUnitReady()),
                AdditionalSense.NEXUS_LOSS);
    }

    @Test
    void INQUIRY_REPORT_LUNS_and_REQUEST_SENSE_are_carried_out_before_it() {
        Initiator node = rig.loginFresh("a", 1, false);
        assertGood(node.send(new Cdb.Inquiry(false, 0, 96)));
        assertGood(node.send(new Cdb.ReportLuns(0, 16)));
        SenseData sense = SenseData.parse(node.send(new Cdb.RequestSense(false, 18)).buffer());
        assertThat(sense.key()).isEqualTo(SenseKey.UNIT_ATTENTION);
        assertThat(SenseData.parse(node.send(new Cdb.RequestSense(true, 18)).buffer()))
                .isEqualTo(SenseData.NOTHING);
        assertGood(node.send(new Cdb.TestUnitReady()));
    }

    @Test
    void it_goes_before_an_invalid_command_too() {
        Initiator node = rig.loginFresh("a", 1, false);
        ByteBuffer unknown = ByteBuffer.allocate(16).put(0, (byte) 0xee);
        assertAttention(
                node.send(0, unknown, ByteBuffer.allocate(0)), AdditionalSense.POWER_ON_OR_RESET);
        assertCheck(
                node.send(0, unknown, ByteBuffer.allocate(0)),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INVALID_OPERATION_CODE);
    }

    @Test
    void growth_is_told_to_every_nexus() {
        Initiator a = rig.login("a");
        Initiator b = rig.login("b");
        rig.store.resize(2 * UnitRig.BYTES);
        rig.unit.capacityChanged();
        assertAttention(a.send(new Cdb.TestUnitReady()), AdditionalSense.CAPACITY_DATA_CHANGED);
        assertAttention(b.send(new Cdb.TestUnitReady()), AdditionalSense.CAPACITY_DATA_CHANGED);
        assertThat(ReadCapacityData.parse16(a.send(new Cdb.ReadCapacity16(32)).buffer()).lastLba())
                .isEqualTo(2 * BLOCKS - 1);
    }

    @Test
    void a_reset_is_done_only_when_everybodys_tasks_can_no_longer_reach_the_store() {
        Initiator a = rig.login("a");
        Initiator b = rig.login("b");
        rig.store.hold();
        Outcome running =
                b.send(new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false), filled(BLOCK, 1));
        int[] done = {0};
        a.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> done[0]++);
        assertThat(done[0]).isZero();
        rig.store.release();
        assertThat(running.isThere()).isTrue();
        assertThat(done[0]).isEqualTo(1);
        assertAttention(b.send(new Cdb.TestUnitReady()), AdditionalSense.DEVICE_RESET);
    }

    @Test
    void tasks_that_begin_after_a_reset_do_not_hold_it_up_and_a_second_reset_waits_for_both() {
        Initiator a = rig.login("a");
        rig.store.hold();
        a.send(new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false), filled(BLOCK, 1));
        int[] done = {0, 0};
        a.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> done[0]++);
        a.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> done[1]++);
        assertThat(done).containsExactly(0, 0);
        rig.store.release();
        assertThat(done).containsExactly(1, 1);
    }

    @Test
    void a_reset_makes_other_conditions_void() {
        Initiator a = rig.login("a");
        rig.unit.capacityChanged();
        a.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        assertAttention(a.send(new Cdb.TestUnitReady()), AdditionalSense.DEVICE_RESET);
        assertGood(a.send(new Cdb.TestUnitReady()));
    }
}
