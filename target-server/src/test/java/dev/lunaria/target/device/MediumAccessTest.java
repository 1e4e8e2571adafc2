package dev.lunaria.target.device;

import static dev.lunaria.target.device.Outcomes.assertCheck;
import static dev.lunaria.target.device.Outcomes.assertGood;
import static dev.lunaria.target.device.Outcomes.assertStatus;
import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.BLOCKS;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** READ, WRITE, VERIFY and their ranges (SBC-3 §5). */
class MediumAccessTest {
    private final UnitRig rig = new UnitRig().inUse();
    private final Initiator node = rig.login("a");

    private static Cdb.Read read(long lba, long blocks) {
        return new Cdb.Read(OperationCode.READ_16, lba, blocks, false, false);
    }

    private static Cdb.Write write(long lba, long blocks, boolean fua) {
        return new Cdb.Write(OperationCode.WRITE_16, lba, blocks, false, fua);
    }

    private static Cdb.Verify verify(long lba, long blocks, int byteCheck) {
        return new Cdb.Verify(OperationCode.VERIFY_16, lba, blocks, false, byteCheck);
    }

    @Test
    void what_was_written_is_read() {
        assertGood(node.send(write(8, 16, false), filled(16 * BLOCK, 'x')));
        byte[] data = node.send(read(7, 18)).data();
        assertThat(data).hasSize(18 * BLOCK);
        assertThat(data[BLOCK - 1]).isZero();
        assertThat(data[BLOCK]).isEqualTo((byte) 'x');
        assertThat(data[17 * BLOCK - 1]).isEqualTo((byte) 'x');
        assertThat(data[17 * BLOCK]).isZero();
    }

    @Test
    void a_read_that_the_store_answers_later_completes_later() {
        rig.store.reads(MemoryBlockStore.Reads.PENDING);
        rig.store.hold();
        Outcome outcome = node.send(read(0, 8));
        assertThat(outcome.isThere()).isFalse();
        rig.store.release();
        assertThat(outcome.data()).hasSize(8 * BLOCK);
    }

    @Test
    void buffers_of_reads_go_back_when_sent_and_when_failed() {
        node.send(read(0, 2048)).data();
        long used = rig.buffers.bytes();
        rig.store.fail(Reason.READ);
        node.send(read(0, 2048));
        rig.store.fail(null);
        node.send(read(0, 2048)).data();
        assertThat(rig.buffers.bytes()).isEqualTo(used);
    }

    @Test
    void the_last_block_is_read_and_one_beyond_it_is_out_of_range() {
        assertGood(node.send(read(BLOCKS - 1, 1)));
        assertOutOfRange(node.send(read(BLOCKS - 1, 2)));
        assertOutOfRange(node.send(read(BLOCKS, 1)));
        assertOutOfRange(node.send(read(Long.MAX_VALUE, 1)));
        assertOutOfRange(node.send(read(-1, 1)));
        assertOutOfRange(node.send(read(1, 0xffffffffL)));
    }

    @Test
    void zero_blocks_move_nothing_but_their_address_is_checked() {
        assertGood(node.send(read(0, 0)));
        assertGood(node.send(write(0, 0, false)));
        assertGood(node.send(verify(0, 0, 1)));
        assertOutOfRange(node.send(read(BLOCKS + 1, 0)));
        assertOutOfRange(node.send(write(BLOCKS + 1, 0, false)));
    }

    private static void assertOutOfRange(Outcome outcome) {
        assertCheck(outcome, SenseKey.ILLEGAL_REQUEST, AdditionalSense.LBA_OUT_OF_RANGE);
    }

    @Test
    void a_transfer_beyond_the_maximum_of_page_B0h_is_an_invalid_field() {
        UnitRig large = new UnitRig().inUse();
        large.store.resize(1L << 30);
        Outcome outcome = large.login("a").send(read(0, 16385));
        assertCheck(outcome, SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_CDB);
        assertThat(outcome.sense()).isEqualTo(SenseData.invalidCdb(10, -1));
    }

    @Test
    void where_less_Data_Out_came_than_the_CDB_says_only_whole_blocks_of_it_are_written() {
        assertGood(node.send(write(0, 4, false), filled(2 * BLOCK + 100, 'y')));
        byte[] data = node.send(read(0, 4)).data();
        assertThat(data[2 * BLOCK - 1]).isEqualTo((byte) 'y');
        assertThat(data[2 * BLOCK]).isZero();
    }

    @Test
    void FUA_survives_power_loss_and_a_plain_write_need_not() {
        assertGood(node.send(write(0, 1, true), filled(BLOCK, 'd')));
        assertGood(node.send(write(1, 1, false), filled(BLOCK, 'v')));
        rig.store.losePower();
        byte[] data = node.send(read(0, 2)).data();
        assertThat(data[0]).isEqualTo((byte) 'd');
        assertThat(data[BLOCK]).isZero();
    }

    @Test
    void VERIFY_compares_with_BYTCHK_1_and_with_one_block_for_all_with_3() {
        node.send(write(0, 4, false), filled(4 * BLOCK, 'z'));
        assertGood(node.send(verify(0, 4, 0)));
        assertGood(node.send(verify(0, 4, 1), filled(4 * BLOCK, 'z')));
        assertGood(node.send(verify(0, 4, 3), filled(BLOCK, 'z')));
        assertMiscompare(node.send(verify(0, 4, 1), filled(4 * BLOCK, 'q')));
        assertMiscompare(node.send(verify(1, 4, 3), filled(BLOCK, 'z')));
        assertThat(node.send(verify(0, 4, 2)).sense()).isEqualTo(SenseData.invalidCdb(1, 2));
        assertThat(node.send(verify(0, 4, 3), filled(BLOCK - 1, 'z')).sense())
                .isEqualTo(SenseData.invalidCdb(1, 2));
    }

    @Test
    void VERIFY_with_another_length_than_its_CDB_says_is_refused() {
        assertGood(node.send(verify(0, 1, 3), ByteBuffer.allocateDirect(BLOCK)));
        for (int byteCheck : new int[] {1, 3}) {
            assertThat(node.send(verify(0, 1, byteCheck), ByteBuffer.allocateDirect(300)).sense())
                    .isEqualTo(SenseData.invalidCdb(1, 2));
            assertThat(node.send(verify(0, 1, byteCheck)).sense())
                    .isEqualTo(SenseData.invalidCdb(1, 2));
        }
        assertDrained();
    }

    /** Nobody waits for ever for a command that came upon a bug. */
    @Test
    void what_the_store_throws_is_a_HARDWARE_ERROR_and_holds_up_nobody() {
        rig.store.breakDown(true);
        assertBroken(node.send(read(0, 1)));
        assertBroken(node.send(write(0, 1, false), filled(BLOCK, 'x')));
        var swap = new Cdb.CompareAndWrite(0, 1, false, false);
        assertBroken(node.send(swap, ByteBuffer.allocateDirect(2 * BLOCK)));
        rig.store.breakDown(false);
        // COMPARE AND WRITE passes the gate alone: whoever failed has left it.
        assertGood(node.send(swap, ByteBuffer.allocateDirect(2 * BLOCK)));
        assertGood(node.send(write(0, 1, false), filled(BLOCK, 'x')));
        assertDrained();
    }

    private static void assertBroken(Outcome outcome) {
        assertCheck(outcome, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
    }

    private void assertDrained() {
        boolean[] drained = {false};
        node.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> drained[0] = true);
        assertThat(drained[0]).isTrue();
    }

    private static void assertMiscompare(Outcome outcome) {
        assertCheck(outcome, SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
    }

    @Test
    void WRITE_AND_VERIFY_is_durable() {
        var cdb = new Cdb.WriteAndVerify(OperationCode.WRITE_AND_VERIFY_16, 3, 1, false, 1);
        assertGood(node.send(cdb, filled(BLOCK, 'w')));
        rig.store.losePower();
        assertThat(node.send(read(3, 1)).data()[0]).isEqualTo((byte) 'w');
    }

    @Test
    void COMPARE_AND_WRITE_writes_where_it_compares_equal() {
        var cdb = new Cdb.CompareAndWrite(5, 1, false, false);
        ByteBuffer same = ByteBuffer.allocateDirect(2 * BLOCK);
        same.put(BLOCK, (byte) 1);
        assertGood(node.send(cdb, same));
        Outcome again = node.send(cdb, same);
        assertMiscompare(again);
        assertThat(again.sense().information()).isZero();
        assertThat(node.send(read(5, 1)).data()[0]).isEqualTo((byte) 1);
    }

    @Test
    void nothing_is_written_between_the_two_halves_of_COMPARE_AND_WRITE() {
        rig.store.reads(MemoryBlockStore.Reads.PENDING);
        rig.store.hold();
        ByteBuffer swap = ByteBuffer.allocateDirect(2 * BLOCK);
        swap.put(BLOCK, (byte) 1);
        Outcome first = node.send(new Cdb.CompareAndWrite(5, 1, false, false), swap);
        Outcome write = node.send(write(5, 1, false), filled(BLOCK, 9));
        assertThat(rig.store.waiting()).isEqualTo(1);
        rig.store.release();
        assertGood(first);
        assertGood(write);
        assertThat(node.send(new Cdb.TestUnitReady()).isThere()).isTrue();
        rig.store.reads(MemoryBlockStore.Reads.FILLED);
        assertThat(node.send(read(5, 1)).data()[0]).isEqualTo((byte) 9);
    }

    @Test
    void COMPARE_AND_WRITE_with_another_length_of_Data_Out_writes_nothing() {
        Outcome outcome =
                node.send(new Cdb.CompareAndWrite(5, 1, false, false), filled(4 * BLOCK, 0));
        assertThat(outcome.sense()).isEqualTo(SenseData.invalidCdb(13, -1));
    }

    @Test
    void a_failed_COMPARE_AND_WRITE_lets_the_next_write_pass() {
        rig.store.fail(Reason.READ);
        node.send(new Cdb.CompareAndWrite(5, 1, false, false), filled(2 * BLOCK, 0));
        rig.store.fail(null);
        assertGood(node.send(write(5, 1, false), filled(BLOCK, 1)));
    }

    @Test
    void ORWRITE_sets_bits() {
        node.send(write(0, 1, false), filled(BLOCK, 0x0f));
        assertGood(node.send(new Cdb.OrWrite(0, 1, false, false), filled(BLOCK, 0x30)));
        assertThat(node.send(read(0, 1)).data()[17]).isEqualTo((byte) 0x3f);
    }

    @Test
    void with_no_buffer_left_a_read_is_answered_TASK_SET_FULL() {
        while (rig.buffers.take(1 << 20) != null) {
            // Takes them all.
        }
        assertStatus(node.send(read(0, 2048)), ScsiStatus.TASK_SET_FULL);
    }

    @Test
    void READ_CAPACITY_and_GET_LBA_STATUS_tell_size_and_holes() {
        node.send(write(16, 8, false), filled(8 * BLOCK, 1));
        ReadCapacityData capacity =
                ReadCapacityData.parse16(node.send(new Cdb.ReadCapacity16(32)).buffer());
        assertThat(capacity).isEqualTo(new ReadCapacityData(BLOCKS - 1, 512, 3, 0, true, true));
        ByteBuffer status = node.send(new Cdb.GetLbaStatus(4, 4096)).buffer();
        assertThat(status.getInt(0)).isEqualTo(4 + 3 * 16);
        assertThat(status.getLong(8)).isEqualTo(4);
        assertThat(status.getInt(16)).isEqualTo(12);
        assertThat(status.get(20)).isEqualTo((byte) 1);
        assertThat(status.getLong(24)).isEqualTo(16);
        assertThat(status.getInt(32)).isEqualTo(8);
        assertThat(status.get(36)).isZero();
        assertThat(status.getLong(40)).isEqualTo(24);
        assertOutOfRange(node.send(new Cdb.GetLbaStatus(BLOCKS, 4096)));
    }

    @Test
    void allocation_lengths_cut_off() {
        assertThat(node.send(new Cdb.ReadCapacity16(12)).data()).hasSize(12);
        assertThat(node.send(new Cdb.ReadCapacity16(0)).data()).isEmpty();
        assertThat(node.send(new Cdb.Inquiry(false, 0, 5)).data()).hasSize(5);
    }
}
