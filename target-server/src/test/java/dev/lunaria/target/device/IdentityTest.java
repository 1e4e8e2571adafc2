package dev.lunaria.target.device;

import static dev.lunaria.target.device.Outcomes.assertCheck;
import static dev.lunaria.target.device.Outcomes.assertGood;
import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.Designator;
import dev.lunaria.iscsi.scsi.InquiryData;
import dev.lunaria.iscsi.scsi.LogicalUnitNumber;
import dev.lunaria.iscsi.scsi.ModeData;
import dev.lunaria.iscsi.scsi.ModePage;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.scsi.VpdPage;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** INQUIRY, MODE SENSE and SELECT, REPORT LUNS and REPORT SUPPORTED OPERATION CODES (SPC-4 §6). */
class IdentityTest {
    private final UnitRig rig = new UnitRig().inUse();
    private final Initiator node = rig.login("a");

    private ByteBuffer page(int code) {
        return node.send(new Cdb.Inquiry(true, code, 512)).buffer();
    }

    @Test
    void the_unit_is_a_connected_disk_of_SPC_4() {
        InquiryData data = InquiryData.parse(node.send(new Cdb.Inquiry(false, 0, 96)).buffer());
        assertThat(data).isEqualTo(Inquiries.disk());
        assertThat(data.product()).isEqualTo("VIRTUAL-DISK");
        assertThat(data.versionDescriptors()).contains(0x0460, 0x04c0, 0x0960);
    }

    @Test
    void every_page_that_page_00h_lists_is_there_and_no_other() {
        List<Integer> listed = VpdPage.SupportedPages.parse(page(0)).codes();
        for (int code = 0; code <= 0xff; code++) {
            Outcome outcome = node.send(new Cdb.Inquiry(true, code, 512));
            if (listed.contains(code)) {
                assertThat(outcome.buffer().get(1)).isEqualTo((byte) code);
            } else {
                assertThat(outcome.sense()).isEqualTo(SenseData.invalidCdb(2, -1));
            }
        }
    }

    @Test
    void a_page_code_without_EVPD_is_an_invalid_field() {
        assertThat(node.send(new Cdb.Inquiry(false, 0x83, 96)).sense())
                .isEqualTo(SenseData.invalidCdb(2, -1));
    }

    /**
     * Field reports tns-csi#208 and democratic-csi#559: a stale device pointed at another volume.
     */
    @Test
    void the_serial_number_is_the_LUNs_UUID_and_page_83h_carries_it_too() {
        assertThat(VpdPage.UnitSerialNumber.parse(page(0x80)).serialNumber())
                .isEqualTo(UnitRig.ID.toString());
        List<Designator> designators = VpdPage.DeviceIdentification.parse(page(0x83)).designators();
        assertThat(designators)
                .anyMatch(d ->
                        d.type() == Designator.T10_VENDOR_ID
                                && d.text().equals("LUNARIA " + UnitRig.ID));
        assertThat(designators)
                .anyMatch(d -> d.type() == Designator.NAA)
                .anyMatch(d -> d.text().equals(UnitRig.TARGET + ",t,0x0001"))
                .anyMatch(d -> d.type() == Designator.RELATIVE_TARGET_PORT);
    }

    @Test
    void another_LUN_is_not_there_INQUIRY_says_011b_and_all_else_is_25h_00h() {
        long lun = LogicalUnitNumber.field(1);
        ByteBuffer none = ByteBuffer.allocate(0);
        InquiryData data =
                InquiryData.parse(
                        node.send(lun, new Cdb.Inquiry(false, 0, 96).encode(), none).buffer());
        assertThat(data.qualifier()).isEqualTo(3);
        assertThat(data.deviceType()).isEqualTo(0x1f);
        assertGood(node.send(lun, new Cdb.ReportLuns(0, 16).encode(), none));
        for (Cdb cdb : List.of(new Cdb.TestUnitReady(), new Cdb.Inquiry(true, 0, 96))) {
            assertCheck(
                    node.send(lun, cdb.encode(), none),
                    SenseKey.ILLEGAL_REQUEST,
                    AdditionalSense.LOGICAL_UNIT_NOT_SUPPORTED);
        }
    }

    @Test
    void REPORT_LUNS_lists_LUN_0_and_no_well_known_ones() {
        assertThat(node.send(new Cdb.ReportLuns(0, 256)).buffer().getInt(0)).isEqualTo(8);
        assertThat(node.send(new Cdb.ReportLuns(1, 256)).buffer().getInt(0)).isZero();
        assertThat(node.send(new Cdb.ReportLuns(9, 256)).sense())
                .isEqualTo(SenseData.invalidCdb(2, -1));
    }

    private Outcome modeSense(Initiator who, int control, int page) {
        return who.send(
                new Cdb.ModeSense(OperationCode.MODE_SENSE_6, true, false, control, page, 0, 255));
    }

    private static ModeData modes(Outcome outcome) {
        return ModeData.parse6(outcome.buffer());
    }

    @Test
    void the_write_cache_is_shown() {
        ModeData data = modes(modeSense(node, 0, ModePage.ALL_PAGES));
        assertThat(data.page(ModePage.Caching.CODE).map(ModePage.Caching::parse))
                .contains(new ModePage.Caching(true, false));
        assertThat(data.dpoAndFua()).isTrue();
        assertThat(data.writeProtected()).isFalse();
    }

    @Test
    void a_read_only_grant_shows_write_protection_and_is_refused_with_27h_00h() {
        Initiator reader = rig.loginFresh("r", 1, true);
        reader.send(new Cdb.TestUnitReady());
        assertThat(modes(modeSense(reader, 0, ModePage.ALL_PAGES)).writeProtected()).isTrue();
        assertCheck(
                reader.send(
                        new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false),
                        filled(BLOCK, 1)),
                SenseKey.DATA_PROTECT,
                AdditionalSense.WRITE_PROTECTED);
    }

    @Test
    void saved_values_and_unknown_pages_are_refused() {
        assertCheck(
                modeSense(node, 3, ModePage.ALL_PAGES),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.SAVING_PARAMETERS_NOT_SUPPORTED);
        assertThat(modeSense(node, 0, 0x02).sense()).isEqualTo(SenseData.invalidCdb(2, 5));
    }

    private Outcome select(ModePage... pages) {
        ByteBuffer all = ByteBuffer.allocate(64);
        for (ModePage page : pages) {
            all.put(page.encode());
        }
        ByteBuffer list = new ModeData(false, false, ByteBuffer.allocate(0), all.flip()).encode6();
        return node.send(
                new Cdb.ModeSelect(OperationCode.MODE_SELECT_6, true, false, list.remaining()),
                list);
    }

    @Test
    void D_SENSE_can_be_changed_is_shared_and_told_to_the_others() {
        Initiator other = rig.login("b");
        assertGood(select(new ModePage.Control(true, true, false, true)));
        Outcome bad = node.send(new Cdb.Inquiry(true, 0x55, 96));
        assertThat(bad.result().sense().get(0)).isEqualTo((byte) 0x72);
        assertCheck(
                other.send(new Cdb.TestUnitReady()),
                SenseKey.UNIT_ATTENTION,
                AdditionalSense.MODE_PARAMETERS_CHANGED);
        node.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        assertThat(node.send(new Cdb.TestUnitReady()).result().sense().get(0))
                .isEqualTo((byte) 0x70);
    }

    /** SPC-4 §7.5.10. */
    @Test
    void SWP_keeps_everybody_from_writing_until_it_is_taken_back_or_a_reset() {
        Initiator reader = rig.loginFresh("r", 1, true);
        reader.send(new Cdb.TestUnitReady());
        assertGood(select(new ModePage.Control(false, true, true, true)));
        assertCheck(write(), SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
        assertGood(select(new ModePage.Control(false, true, false, true)));
        assertGood(write());
        assertGood(select(new ModePage.Control(false, true, true, true)));
        reader.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        node.send(new Cdb.TestUnitReady());
        assertGood(write());
    }

    private Outcome write() {
        return node.send(
                new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false),
                UnitRig.filled(UnitRig.BLOCK, 1));
    }

    @Test
    void there_are_no_defects_to_list() {
        ByteBuffer shorter =
                node.send(new Cdb.ReadDefectData(OperationCode.READ_DEFECT_DATA_10, 0x1d, 64))
                        .buffer();
        assertThat(shorter).isEqualTo(ByteBuffer.wrap(new byte[] {0, 0x1d, 0, 0}));
        assertThat(
                        node.send(
                                        new Cdb.ReadDefectData(
                                                OperationCode.READ_DEFECT_DATA_12, 0x08, 64))
                                .buffer()
                                .getInt(4))
                .isZero();
    }

    @Test
    void the_write_cache_cannot_be_switched_off_because_that_would_be_untrue() {
        Outcome outcome = select(new ModePage.Caching(false, false));
        assertThat(outcome.sense()).isEqualTo(SenseData.invalidParameter(4 + 2, -1));
    }

    @Test
    void what_MODE_SENSE_says_can_be_changed_is_what_MODE_SELECT_takes() {
        ModeData mask = modes(modeSense(node, 1, ModePage.ALL_PAGES));
        assertThat(mask.page(ModePage.Control.CODE).map(ModePage.Control::parse))
                .contains(new ModePage.Control(true, false, true, false));
        assertThat(mask.page(ModePage.Caching.CODE).map(ModePage.Caching::parse))
                .contains(new ModePage.Caching(false, false));
    }

    @Test
    void every_command_that_is_reported_is_known_and_every_other_is_refused() {
        ByteBuffer all =
                node.send(new Cdb.ReportSupportedOperationCodes(false, 0, 0, 0, 8192)).buffer();
        int count = all.getInt(0) / 8;
        assertThat(count).isGreaterThan(30);
        for (int i = 0; i < count; i++) {
            int code = all.get(4 + 8 * i) & 0xff;
            int action = all.getShort(4 + 8 * i + 2);
            boolean hasAction = (all.get(4 + 8 * i + 5) & 1) != 0;
            ByteBuffer one =
                    node.send(
                                    new Cdb.ReportSupportedOperationCodes(
                                            false, hasAction ? 2 : 1, code, action, 64))
                            .buffer();
            assertThat(one.get(1)).isEqualTo((byte) 3);
            assertThat(one.getShort(2)).isEqualTo(all.getShort(4 + 8 * i + 6));
        }
    }

    @Test
    void no_option_answers_for_a_command_of_the_other_kind() {
        assertThat(node.send(new Cdb.ReportSupportedOperationCodes(false, 1, 0x9e, 0, 64)).sense())
                .isEqualTo(SenseData.invalidCdb(2, 2));
        assertThat(node.send(new Cdb.ReportSupportedOperationCodes(false, 2, 0x28, 0, 64)).sense())
                .isEqualTo(SenseData.invalidCdb(2, 2));
        assertThat(
                        node.send(new Cdb.ReportSupportedOperationCodes(false, 1, 0xee, 0, 64))
                                .buffer()
                                .get(1))
                .isEqualTo((byte) 1);
    }

    @Test
    void the_timeouts_descriptor_is_there_where_it_is_asked_for() {
        ByteBuffer one =
                node.send(new Cdb.ReportSupportedOperationCodes(true, 1, 0x28, 0, 64)).buffer();
        assertThat(one.get(1)).isEqualTo((byte) 0x83);
        assertThat(one.remaining()).isEqualTo(4 + 10 + 12);
    }
}
