package dev.lunaria.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;

/** No bytes do more than a clear refusal; what is accepted means what it is written as. */
class CdbFuzzTest {

    @FuzzTest
    void any_bytes_are_a_command_or_a_check_condition(byte[] bytes) {
        try {
            Cdb cdb = Cdb.parse(ByteBuffer.wrap(bytes));
            assertThat(Cdb.parse(cdb.encode())).isEqualTo(cdb);
        } catch (CheckCondition e) {
            assertThat(e.sense().key()).isEqualTo(SenseKey.ILLEGAL_REQUEST);
        }
    }

    @FuzzTest
    void any_bytes_are_parameter_data_or_refused(byte[] bytes) {
        ByteBuffer data = ByteBuffer.wrap(bytes);
        SenseData.parse(data);
        InquiryData.parse(data);
        ReadCapacityData.parse16(data);
        VpdPage.DeviceIdentification.parse(data);
        VpdPage.SupportedPages.parse(data);
        VpdPage.UnitSerialNumber.parse(data);
        VpdPage.BlockLimits.parse(data);
        VpdPage.LogicalBlockProvisioning.parse(data);
        try {
            ModeData.parse6(data).page(ModePage.Caching.CODE).ifPresent(ModePage.Caching::parse);
            ModeData.parse10(data).page(ModePage.Control.CODE).ifPresent(ModePage.Control::parse);
            FormatStatePage.parse(data);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageNotContaining("Exception");
        }
        try {
            UnmapList.parse(data);
            FormatCommand.parse(data);
        } catch (CheckCondition e) {
            assertThat(e.sense().key()).isEqualTo(SenseKey.ILLEGAL_REQUEST);
        }
    }
}
