package dev.lunaria.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Parameter data of INQUIRY, READ CAPACITY, MODE SENSE, UNMAP: read as written. */
class ParameterDataTest {

    @Test
    void standard_INQUIRY_data_is_96_bytes_and_says_so() {
        InquiryData disk =
                new InquiryData(0, 0, false, 6, "VENDOR", "A PRODUCT", "1.0", List.of(0x0460));
        ByteBuffer encoded = disk.encode();
        assertThat(encoded.remaining()).isEqualTo(96);
        assertThat(encoded.get(4)).isEqualTo((byte) 91);
        assertThat(InquiryData.parse(encoded)).isEqualTo(disk);
        assertThat(InquiryData.parse(encoded.limit(36)).product()).isEqualTo("A PRODUCT");
    }

    @Test
    void vital_product_data_pages_read_as_written() {
        var serial = new VpdPage.UnitSerialNumber("0c7be1fc-7711-4c2a-9d65-2c1d86a61f5e");
        var limits = new VpdPage.BlockLimits(true, 1, 8, 9, 10, 11, 12, 13, 14, 15, 1L << 33);
        var provisioning =
                new VpdPage.LogicalBlockProvisioning(true, true, false, true, false, 2, 11);
        var pages = new VpdPage.SupportedPages(List.of(0, 0x80, 0xc0));
        var extended = new VpdPage.ExtendedInquiry(true, true);
        var characteristics = new VpdPage.BlockDeviceCharacteristics(1);
        assertThat(VpdPage.UnitSerialNumber.parse(serial.encode())).isEqualTo(serial);
        assertThat(VpdPage.BlockLimits.parse(limits.encode())).isEqualTo(limits);
        assertThat(VpdPage.LogicalBlockProvisioning.parse(provisioning.encode()))
                .isEqualTo(provisioning);
        assertThat(VpdPage.SupportedPages.parse(pages.encode())).isEqualTo(pages);
        assertThat(VpdPage.ExtendedInquiry.parse(extended.encode())).isEqualTo(extended);
        assertThat(VpdPage.BlockDeviceCharacteristics.parse(characteristics.encode()))
                .isEqualTo(characteristics);
    }

    @Test
    void WRITE_ATOMIC_lengths_in_page_B0h_are_0_because_a_page_cache_does_not_keep_them() {
        ByteBuffer page =
                new VpdPage.BlockLimits(true, 1, 8, 9, 10, 11, 12, 13, 14, 15, 16).encode();
        for (int i = 44; i < 64; i++) {
            assertThat(page.get(i)).isZero();
        }
    }

    @Test
    void designators_of_page_83h_read_as_written() {
        UUID id = UUID.fromString("0c7be1fc-7711-4c2a-9d65-2c1d86a61f5e");
        var page =
                new VpdPage.DeviceIdentification(
                        List.of(
                                Designator.locallyAssigned(id),
                                Designator.vendorSpecific("LUNARIA", id.toString()),
                                Designator.name(Designator.TARGET_DEVICE, "iqn.2026-11.x:abc"),
                                Designator.relativePort(7),
                                Designator.portGroup(9)));
        assertThat(VpdPage.DeviceIdentification.parse(page.encode())).isEqualTo(page);
        assertThat(page.designators().get(0).identifier().get(0) >> 4).isEqualTo(3);
        assertThat(page.designators().get(1).text()).isEqualTo("LUNARIA " + id);
        assertThat(page.designators().get(2).text()).isEqualTo("iqn.2026-11.x:abc");
        assertThat(page.designators().get(2).identifier().remaining() % 4).isZero();
    }

    @Test
    void NAA_designators_of_different_units_differ() {
        assertThat(Designator.locallyAssigned(new UUID(1, 2)))
                .isNotEqualTo(Designator.locallyAssigned(new UUID(1, 3 << 8)));
    }

    @Test
    void READ_CAPACITY_10_says_FFFFFFFFh_where_the_unit_is_larger() {
        var capacity = new ReadCapacityData((1L << 32) + 5, 512, 3, 0, true, true);
        assertThat(capacity.encode10().getInt(0)).isEqualTo(ReadCapacityData.TOO_LARGE_FOR_10);
        assertThat(ReadCapacityData.parse16(capacity.encode16())).isEqualTo(capacity);
        assertThat(capacity.bytes()).isEqualTo(((1L << 32) + 6) * 512);
    }

    @Test
    void mode_parameter_lists_read_as_written_in_both_sizes() {
        ByteBuffer pages = new ModePage.Caching(true, false).encode();
        var data = new ModeData(true, true, ModeData.shortDescriptor(1L << 40, 512), pages);
        for (ModeData read :
                List.of(ModeData.parse6(data.encode6()), ModeData.parse10(data.encode10()))) {
            assertThat(read).isEqualTo(data);
            assertThat(read.page(ModePage.Caching.CODE).map(ModePage.Caching::parse))
                    .contains(new ModePage.Caching(true, false));
            assertThat(read.page(ModePage.Control.CODE)).isEmpty();
        }
        assertThat(data.blockDescriptor().getInt(0)).isEqualTo(-1);
    }

    @Test
    void an_UNMAP_list_reads_as_written_and_ignores_a_descriptor_that_is_cut_off()
            throws CheckCondition {
        var list =
                new UnmapList(
                        List.of(
                                new UnmapList.Extent(1L << 40, 0xffffffffL),
                                new UnmapList.Extent(8, 0)));
        assertThat(UnmapList.parse(list.encode())).isEqualTo(list);
        assertThat(UnmapList.parse(list.encode().limit(39)).extents()).hasSize(1);
        assertThat(UnmapList.parse(ByteBuffer.allocate(0)).extents()).isEmpty();
        assertThatThrownBy(() -> UnmapList.parse(ByteBuffer.allocate(7)))
                .isInstanceOf(CheckCondition.class);
    }

    @Test
    void LUNs_are_read_in_peripheral_and_flat_addressing() {
        assertThat(LogicalUnitNumber.number(0)).isZero();
        assertThat(LogicalUnitNumber.number(LogicalUnitNumber.field(255))).isEqualTo(255);
        assertThat(LogicalUnitNumber.number(0x4001_0000_0000_0000L)).isEqualTo(1);
        assertThat(LogicalUnitNumber.number(0x4000_0000_0000_0000L)).isZero();
        assertThat(LogicalUnitNumber.number(0xc101_0000_0000_0000L))
                .isEqualTo(LogicalUnitNumber.NOT_A_NUMBER);
        assertThat(LogicalUnitNumber.number(0x0000_0001_0000_0000L))
                .isEqualTo(LogicalUnitNumber.NOT_A_NUMBER);
    }
}
