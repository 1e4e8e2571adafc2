package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/** Writes CDBs from records; pure, without state. What {@link Cdb#encode} does. */
final class CdbEncoder {
    private CdbEncoder() {}

    static ByteBuffer encode(Cdb cdb) {
        OperationCode op = cdb.operation();
        ByteBuffer out = ByteBuffer.allocate(Cdb.FIELD_BYTES);
        out.put(0, (byte) op.code());
        if (op.hasServiceAction()) {
            out.put(1, (byte) op.serviceAction());
        }
        switch (cdb) {
            case Cdb.TestUnitReady _, Cdb.ReadCapacity10 _, Cdb.Reserve _, Cdb.Release _ -> {}
            case Cdb.RequestSense c -> {
                or(out, 1, c.descriptorFormat(), 0);
                out.put(4, (byte) c.allocationLength());
            }
            case Cdb.Inquiry c -> {
                or(out, 1, c.vitalProductData(), 0);
                out.put(2, (byte) c.pageCode());
                out.putShort(3, (short) c.allocationLength());
            }
            case Cdb.Read c ->
                    access(out, op, c.lba(), c.blocks(), c.disablePageOut(), c.forceUnitAccess());
            case Cdb.Write c ->
                    access(out, op, c.lba(), c.blocks(), c.disablePageOut(), c.forceUnitAccess());
            case Cdb.WriteAndVerify c -> {
                access(out, op, c.lba(), c.blocks(), c.disablePageOut(), false);
                out.put(1, (byte) (out.get(1) | c.byteCheck() << 1));
            }
            case Cdb.Verify c -> {
                access(out, op, c.lba(), c.blocks(), c.disablePageOut(), false);
                out.put(1, (byte) (out.get(1) | c.byteCheck() << 1));
            }
            case Cdb.PreFetch c -> {
                range(out, op, c.lba(), c.blocks());
                or(out, 1, c.immediate(), 1);
            }
            case Cdb.SynchronizeCache c -> {
                range(out, op, c.lba(), c.blocks());
                or(out, 1, c.immediate(), 1);
            }
            case Cdb.WriteSame c -> {
                range(out, op, c.lba(), c.blocks());
                or(out, 1, c.anchor(), 4);
                or(out, 1, c.unmap(), 3);
                or(out, 1, c.noDataOut(), 0);
            }
            case Cdb.CompareAndWrite c -> {
                out.putLong(2, c.lba());
                out.put(13, (byte) c.blocks());
                or(out, 1, c.disablePageOut(), 4);
                or(out, 1, c.forceUnitAccess(), 3);
            }
            case Cdb.OrWrite c ->
                    access(out, op, c.lba(), c.blocks(), c.disablePageOut(), c.forceUnitAccess());
            case Cdb.Unmap c -> {
                or(out, 1, c.anchor(), 0);
                out.putShort(7, (short) c.parameterListLength());
            }
            case Cdb.ReadCapacity16 c -> out.putInt(10, (int) c.allocationLength());
            case Cdb.ReadDefectData c -> {
                out.put(op == OperationCode.READ_DEFECT_DATA_10 ? 2 : 1, (byte) c.listFormat());
                if (op == OperationCode.READ_DEFECT_DATA_10) {
                    out.putShort(7, (short) c.allocationLength());
                } else {
                    out.putInt(6, (int) c.allocationLength());
                }
            }
            case Cdb.GetLbaStatus c ->
                    out.putLong(2, c.lba()).putInt(10, (int) c.allocationLength());
            case Cdb.ModeSense c -> modeSense(out, c);
            case Cdb.ModeSelect c -> {
                or(out, 1, c.pageFormat(), 4);
                or(out, 1, c.savePages(), 0);
                length8or16(out, op, c.parameterListLength());
            }
            case Cdb.ReportLuns c ->
                    out.put(2, (byte) c.selectReport()).putInt(6, (int) c.allocationLength());
            case Cdb.StartStopUnit c -> startStop(out, c);
            case Cdb.PreventAllowMediumRemoval c -> out.put(4, (byte) c.prevent());
            case Cdb.ReportSupportedOperationCodes c -> {
                out.put(2, (byte) c.reportingOptions());
                or(out, 2, c.timeoutsDescriptor(), 7);
                out.put(3, (byte) c.requestedCode());
                out.putShort(4, (short) c.requestedServiceAction());
                out.putInt(6, (int) c.allocationLength());
            }
            case Cdb.ReportSupportedTaskManagementFunctions c -> {
                or(out, 2, c.extendedData(), 7);
                out.putInt(6, (int) c.allocationLength());
            }
            case Cdb.PersistentReserveIn c -> out.putShort(7, (short) c.allocationLength());
            case Cdb.PersistentReserveOut c -> {
                out.put(2, (byte) (c.scope() << 4 | c.type()));
                out.putInt(5, (int) c.parameterListLength());
            }
            case Cdb.FormatStateOut c -> out.putInt(10, (int) c.parameterListLength());
        }
        return out;
    }

    private static void access(
            ByteBuffer out, OperationCode op, long lba, long blocks, boolean dpo, boolean fua) {
        range(out, op, lba, blocks);
        if (op.cdbBytes() > 6) {
            or(out, 1, dpo, 4);
            or(out, 1, fua, 3);
        }
    }

    private static void range(ByteBuffer out, OperationCode op, long lba, long blocks) {
        switch (op.cdbBytes()) {
            case 6 -> {
                out.putInt(0, op.code() << 24 | (int) lba);
                out.put(4, (byte) blocks);
            }
            case 10 -> {
                out.putInt(2, (int) lba);
                out.putShort(7, (short) blocks);
            }
            case 12 -> out.putInt(2, (int) lba).putInt(6, (int) blocks);
            default -> out.putLong(2, lba).putInt(10, (int) blocks);
        }
    }

    private static void modeSense(ByteBuffer out, Cdb.ModeSense c) {
        or(out, 1, c.disableBlockDescriptors(), 3);
        or(out, 1, c.longLbaAccepted(), 4);
        out.put(2, (byte) (c.pageControl() << 6 | c.pageCode()));
        out.put(3, (byte) c.subpageCode());
        length8or16(out, c.operation(), c.allocationLength());
    }

    private static void startStop(ByteBuffer out, Cdb.StartStopUnit c) {
        or(out, 1, c.immediate(), 0);
        out.put(3, (byte) c.powerConditionModifier());
        out.put(4, (byte) (c.powerCondition() << 4));
        or(out, 4, c.noFlush(), 2);
        or(out, 4, c.loadEject(), 1);
        or(out, 4, c.start(), 0);
    }

    private static void length8or16(ByteBuffer out, OperationCode op, int length) {
        if (op.cdbBytes() == 6) {
            out.put(4, (byte) length);
        } else {
            out.putShort(7, (short) length);
        }
    }

    private static void or(ByteBuffer out, int index, boolean set, int bit) {
        if (set) {
            out.put(index, (byte) (out.get(index) | 1 << bit));
        }
    }
}
