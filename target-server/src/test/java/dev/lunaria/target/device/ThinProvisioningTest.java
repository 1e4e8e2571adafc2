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
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.scsi.UnmapList;
import dev.lunaria.iscsi.scsi.VpdPage;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** UNMAP and WRITE SAME (SBC-3 §5.28, §5.41) on a thin unit whose unmapped blocks read zeros. */
class ThinProvisioningTest {
    private final UnitRig rig = new UnitRig().inUse();
    private final Initiator node = rig.login("a");

    private Outcome unmap(UnmapList list) {
        return node.send(new Cdb.Unmap(false, list.encodedBytes()), direct(list.encode()));
    }

    private static ByteBuffer direct(ByteBuffer heap) {
        return ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
    }

    private static UnmapList one(long lba, long blocks) {
        return new UnmapList(List.of(new UnmapList.Extent(lba, blocks)));
    }

    private void fill(long lba, int blocks) {
        assertGood(
                node.send(
                        new Cdb.Write(OperationCode.WRITE_16, lba, blocks, false, false),
                        filled(blocks * BLOCK, 7)));
    }

    private byte[] read(long lba, long blocks) {
        return node.send(new Cdb.Read(OperationCode.READ_16, lba, blocks, false, false)).data();
    }

    @Test
    void unmapped_blocks_read_as_zeros() {
        fill(0, 32);
        UnmapList two =
                new UnmapList(List.of(new UnmapList.Extent(0, 8), new UnmapList.Extent(16, 16)));
        assertGood(unmap(two));
        byte[] data = read(0, 32);
        assertThat(data[0]).isZero();
        assertThat(data[8 * BLOCK]).isEqualTo((byte) 7);
        assertThat(data[16 * BLOCK]).isZero();
    }

    /** SBC-3 §4.7.3.7, §6.4.9, and VPD page B2h: thresholds count sets of 2^11 blocks, 1 MiB. */
    @Test
    void the_soft_threshold_is_shown_and_its_crossing_told_to_every_nexus() {
        Initiator other = rig.login("b");
        rig.unit.softThreshold(10L << 30);
        ByteBuffer page = provisioningPage(0x02);
        assertThat(page.getShort(4)).as("page and subpage").isEqualTo((short) 0x5c02);
        assertThat(page.get(4 + 16) & 0xff).as("enabled, soft, decreasing").isEqualTo(0x80);
        assertThat(page.getInt(4 + 20)).isEqualTo(10 << 10);
        VpdPage.LogicalBlockProvisioning shown =
                VpdPage.LogicalBlockProvisioning.parse(
                        node.send(new Cdb.Inquiry(true, 0xb2, 64)).buffer());
        assertThat(shown.thresholdExponent()).isEqualTo(11);
        rig.unit.softThresholdReached();
        for (Initiator each : List.of(node, other)) {
            assertCheck(
                    each.send(new Cdb.TestUnitReady()),
                    SenseKey.UNIT_ATTENTION,
                    AdditionalSense.SOFT_THRESHOLD_REACHED);
            assertGood(each.send(new Cdb.TestUnitReady()));
        }
        assertThat(provisioningPage(0).getShort(4)).as("without it").isEqualTo((short) 0x1c0a);
    }

    private ByteBuffer provisioningPage(int subpage) {
        return node.send(
                        new Cdb.ModeSense(
                                OperationCode.MODE_SENSE_6, true, false, 0, 0x1c, subpage, 255))
                .buffer();
    }

    @Test
    void an_UNMAP_is_checked_whole_before_any_of_it_is_carried_out() {
        fill(0, 8);
        UnmapList bad =
                new UnmapList(List.of(new UnmapList.Extent(0, 8), new UnmapList.Extent(BLOCKS, 1)));
        assertCheck(unmap(bad), SenseKey.ILLEGAL_REQUEST, AdditionalSense.LBA_OUT_OF_RANGE);
        assertThat(read(0, 1)[0]).isEqualTo((byte) 7);
    }

    @Test
    void an_UNMAP_of_nothing_is_good() {
        assertGood(unmap(one(0, 0)));
        assertGood(unmap(new UnmapList(List.of())));
        assertGood(node.send(new Cdb.Unmap(false, 0)));
    }

    @Test
    void more_descriptors_than_page_B0h_says_are_refused() {
        var many = new ArrayList<UnmapList.Extent>();
        for (int i = 0; i < 257; i++) {
            many.add(new UnmapList.Extent(i, 1));
        }
        assertThat(unmap(new UnmapList(many)).sense()).isEqualTo(SenseData.invalidParameter(2, -1));
    }

    @Test
    void ANCHOR_is_refused_because_page_B2h_says_ANC_SUP_0() {
        assertThat(node.send(new Cdb.Unmap(true, 0)).sense()).isEqualTo(SenseData.invalidCdb(1, 0));
        assertThat(writeSame(0, 1, true, true, false, filled(BLOCK, 0)).sense())
                .isEqualTo(SenseData.invalidCdb(1, 4));
    }

    private Outcome writeSame(
            long lba, long blocks, boolean anchor, boolean unmap, boolean ndob, ByteBuffer block) {
        return node.send(
                new Cdb.WriteSame(OperationCode.WRITE_SAME_16, lba, blocks, anchor, unmap, ndob),
                block);
    }

    @Test
    void WRITE_SAME_of_a_pattern_writes_it_everywhere_in_its_range() {
        assertGood(writeSame(1, 4096, false, true, false, filled(BLOCK, 5)));
        byte[] data = read(0, 4098);
        assertThat(data[BLOCK - 1]).isZero();
        assertThat(data[BLOCK]).isEqualTo((byte) 5);
        assertThat(data[4097 * BLOCK - 1]).isEqualTo((byte) 5);
        assertThat(data[4097 * BLOCK]).isZero();
    }

    @Test
    void WRITE_SAME_of_zeros_gives_space_back() {
        fill(0, 16);
        assertGood(writeSame(0, 8, false, true, false, filled(BLOCK, 0)));
        assertGood(writeSame(8, 8, false, false, true, ByteBuffer.allocateDirect(0)));
        assertThat(rig.store.isEmpty()).isTrue();
    }

    @Test
    void WRITE_SAME_of_zero_blocks_is_refused_because_page_B0h_says_WSNZ() {
        assertThat(writeSame(0, 0, false, false, false, filled(BLOCK, 0)).sense())
                .isEqualTo(SenseData.invalidCdb(10, -1));
    }

    @Test
    void WRITE_SAME_with_another_length_than_one_block_is_refused() {
        assertThat(writeSame(0, 1, false, false, false, filled(2 * BLOCK, 0)).sense())
                .isEqualTo(SenseData.invalidCdb(1, -1));
    }

    @Test
    void a_pattern_that_fails_half_way_fails_the_command_and_frees_its_buffer() {
        rig.store.fail(Reason.WRITE);
        assertCheck(
                writeSame(0, 4096, false, false, false, filled(BLOCK, 5)),
                SenseKey.MEDIUM_ERROR,
                AdditionalSense.WRITE_ERROR);
        rig.store.fail(null);
        long used = rig.buffers.bytes();
        assertGood(writeSame(0, 4096, false, false, false, filled(BLOCK, 5)));
        assertThat(rig.buffers.bytes()).isEqualTo(used);
    }

    @Test
    void a_nexus_that_may_only_read_may_not_unmap_either() {
        Initiator reader = rig.loginFresh("r", 1, true);
        reader.send(new Cdb.TestUnitReady());
        ByteBuffer list = direct(one(0, 8).encode());
        assertCheck(
                reader.send(new Cdb.Unmap(false, list.remaining()), list),
                SenseKey.DATA_PROTECT,
                AdditionalSense.WRITE_PROTECTED);
    }
}
