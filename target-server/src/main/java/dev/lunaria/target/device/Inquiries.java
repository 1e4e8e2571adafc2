package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.Designator;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.InquiryData;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.VpdPage;
import dev.lunaria.iscsi.target.Nexus;
import java.nio.ByteBuffer;
import java.util.List;

/** INQUIRY and REPORT LUNS: who the unit is. Pure. */
final class Inquiries {
    static final String VENDOR = "LUNARIA";
    static final String PRODUCT = "VIRTUAL-DISK";
    static final String REVISION = "0001";

    /** SAM-5, SPC-4, SBC-3 and iSCSI, each "no version claimed" (SPC-4 §6.6.2). */
    static final List<Integer> VERSIONS = List.of(0x00a0, 0x0460, 0x04c0, 0x0960);

    private static final List<Integer> PAGES =
            List.of(
                    VpdPage.SupportedPages.CODE,
                    VpdPage.UnitSerialNumber.CODE,
                    VpdPage.DeviceIdentification.CODE,
                    VpdPage.ExtendedInquiry.CODE,
                    VpdPage.BlockLimits.CODE,
                    VpdPage.BlockDeviceCharacteristics.CODE,
                    VpdPage.LogicalBlockProvisioning.CODE,
                    FormatStatePage.CODE);
    private static final int NOT_ROTATING = 1;
    private static final int LUN_LIST_HEADER_BYTES = 8;
    private static final int WELL_KNOWN_ONLY = 1;
    private static final int ALL = 2;

    private final LogicalUnit unit;

    Inquiries(LogicalUnit unit) {
        this.unit = unit;
    }

    /** Standard INQUIRY data of the unit. */
    static InquiryData disk() {
        return new InquiryData(
                InquiryData.CONNECTED,
                InquiryData.DISK,
                false,
                InquiryData.SPC_4,
                VENDOR,
                PRODUCT,
                REVISION,
                VERSIONS);
    }

    /** What INQUIRY says of a LUN at which there is nothing (SPC-4 §6.6.1). */
    static InquiryData nothing() {
        return new InquiryData(
                InquiryData.NOT_CAPABLE,
                InquiryData.UNKNOWN_DEVICE,
                false,
                InquiryData.SPC_4,
                VENDOR,
                PRODUCT,
                REVISION,
                VERSIONS);
    }

    /** INQUIRY; page codes without EVPD are refused, as are pages that aren't there. */
    ByteBuffer inquiry(Cdb.Inquiry c, ItlNexus nexus) throws CheckCondition {
        if (c.vitalProductData()) {
            return page(c.pageCode(), nexus).encode();
        }
        refusePageWithoutEvpd(c);
        return disk().encode();
    }

    static void refusePageWithoutEvpd(Cdb.Inquiry c) throws CheckCondition {
        if (!c.vitalProductData() && c.pageCode() != 0) {
            throw new CheckCondition(SenseData.invalidCdb(2, -1));
        }
    }

    private VpdPage page(int code, ItlNexus nexus) throws CheckCondition {
        return switch (code) {
            case VpdPage.SupportedPages.CODE -> new VpdPage.SupportedPages(PAGES);
            case VpdPage.UnitSerialNumber.CODE ->
                    new VpdPage.UnitSerialNumber(unit.identity().id().toString());
            case VpdPage.DeviceIdentification.CODE -> identification(nexus.nexus());
            case VpdPage.ExtendedInquiry.CODE -> new VpdPage.ExtendedInquiry(true, true);
            case VpdPage.BlockLimits.CODE -> limits();
            case VpdPage.BlockDeviceCharacteristics.CODE ->
                    new VpdPage.BlockDeviceCharacteristics(NOT_ROTATING);
            case VpdPage.LogicalBlockProvisioning.CODE ->
                    new VpdPage.LogicalBlockProvisioning(
                            true,
                            true,
                            true,
                            true,
                            false,
                            VpdPage.LogicalBlockProvisioning.THIN,
                            unit.geometry().thresholdExponent());
            case FormatStatePage.CODE -> unit.formatting().page(nexus.grant());
            default -> throw new CheckCondition(SenseData.invalidCdb(2, -1));
        };
    }

    private VpdPage identification(Nexus nexus) {
        UnitIdentity identity = unit.identity();
        String target = identity.targetName();
        int port = nexus.portalGroupTag();
        return new VpdPage.DeviceIdentification(
                List.of(
                        Designator.locallyAssigned(identity.id()),
                        Designator.vendorSpecific(VENDOR, identity.id().toString()),
                        Designator.name(Designator.LOGICAL_UNIT, target + ",L,0x0000000000000000"),
                        Designator.relativePort(port),
                        Designator.name(
                                Designator.TARGET_PORT, "%s,t,0x%04x".formatted(target, port)),
                        Designator.name(Designator.TARGET_DEVICE, target)));
    }

    private VpdPage limits() {
        BlockGeometry geometry = unit.geometry();
        int perPhysical = 1 << geometry.physicalExponent();
        return new VpdPage.BlockLimits(
                true,
                UnitLimits.MAX_COMPARE_BLOCKS,
                perPhysical,
                blocks(UnitLimits.MAX_TRANSFER_BYTES),
                blocks(UnitLimits.OPTIMAL_TRANSFER_BYTES),
                0,
                blocks(UnitLimits.MAX_UNMAP_BYTES),
                UnitLimits.MAX_UNMAP_DESCRIPTORS,
                perPhysical,
                0,
                geometry.blocks(UnitLimits.MAX_WRITE_SAME_BYTES));
    }

    private int blocks(long bytes) {
        return Math.toIntExact(unit.geometry().blocks(bytes));
    }

    /** REPORT LUNS (SPC-4 §6.33): LUN 0, and no well-known ones. */
    static ByteBuffer luns(Cdb.ReportLuns c) throws CheckCondition {
        if (c.selectReport() > ALL) {
            throw new CheckCondition(SenseData.invalidCdb(2, -1));
        }
        int bytes = c.selectReport() == WELL_KNOWN_ONLY ? 0 : Long.BYTES;
        return ByteBuffer.allocate(LUN_LIST_HEADER_BYTES + bytes).putInt(0, bytes);
    }
}
