package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/** Reads CDBs into records; pure, without state. What {@link Cdb#parse} does. */
final class CdbParser {
    private static final int BLOCKS_OF_ZERO_IN_SIX = 256;

    private CdbParser() {}

    static Cdb parse(ByteBuffer cdb) throws CheckCondition {
        ByteBuffer in = cdb.slice();
        if (in.remaining() < 2) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_OPERATION_CODE);
        }
        OperationCode operation = OperationCode.find(in.get(0) & 0xff, in.get(1));
        refuseReservedBits(operation, in);
        return read(operation, in);
    }

    private static void refuseReservedBits(OperationCode operation, ByteBuffer in)
            throws CheckCondition {
        int length = operation.cdbBytes();
        if (in.remaining() < length) {
            throw new CheckCondition(SenseData.invalidCdb(in.remaining(), -1));
        }
        for (int i = 1; i < length; i++) {
            int refused = in.get(i) & 0xff & ~operation.allowedBits(i);
            if (refused != 0) {
                int bit = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(refused);
                throw new CheckCondition(SenseData.invalidCdb(i, bit));
            }
        }
    }

    private static Cdb read(OperationCode op, ByteBuffer in) {
        return switch (op) {
            case TEST_UNIT_READY -> new Cdb.TestUnitReady();
            case REQUEST_SENSE -> new Cdb.RequestSense(bit(in, 1, 0), u8(in, 4));
            case INQUIRY -> new Cdb.Inquiry(bit(in, 1, 0), u8(in, 2), u16(in, 3));
            case READ_6, READ_10, READ_12, READ_16 ->
                    new Cdb.Read(op, lba(op, in), blocks(op, in), dpo(op, in), fua(op, in));
            case WRITE_6, WRITE_10, WRITE_12, WRITE_16 ->
                    new Cdb.Write(op, lba(op, in), blocks(op, in), dpo(op, in), fua(op, in));
            case WRITE_AND_VERIFY_10, WRITE_AND_VERIFY_12, WRITE_AND_VERIFY_16 ->
                    new Cdb.WriteAndVerify(
                            op, lba(op, in), blocks(op, in), dpo(op, in), byteCheck(in));
            case VERIFY_10, VERIFY_12, VERIFY_16 ->
                    new Cdb.Verify(op, lba(op, in), blocks(op, in), dpo(op, in), byteCheck(in));
            case PRE_FETCH_10, PRE_FETCH_16 ->
                    new Cdb.PreFetch(op, lba(op, in), blocks(op, in), bit(in, 1, 1));
            case SYNCHRONIZE_CACHE_10, SYNCHRONIZE_CACHE_16 ->
                    new Cdb.SynchronizeCache(op, lba(op, in), blocks(op, in), bit(in, 1, 1));
            case WRITE_SAME_10, WRITE_SAME_16 ->
                    new Cdb.WriteSame(
                            op,
                            lba(op, in),
                            blocks(op, in),
                            bit(in, 1, 4),
                            bit(in, 1, 3),
                            bit(in, 1, 0));
            case UNMAP -> new Cdb.Unmap(bit(in, 1, 0), u16(in, 7));
            case COMPARE_AND_WRITE ->
                    new Cdb.CompareAndWrite(
                            in.getLong(2), u8(in, 13), bit(in, 1, 4), bit(in, 1, 3));
            case ORWRITE_16 ->
                    new Cdb.OrWrite(in.getLong(2), u32(in, 10), bit(in, 1, 4), bit(in, 1, 3));
            case READ_CAPACITY_10 -> new Cdb.ReadCapacity10();
            case READ_CAPACITY_16 -> new Cdb.ReadCapacity16(u32(in, 10));
            case READ_DEFECT_DATA_10 -> new Cdb.ReadDefectData(op, u8(in, 2) & 0x1f, u16(in, 7));
            case READ_DEFECT_DATA_12 -> new Cdb.ReadDefectData(op, u8(in, 1) & 0x1f, u32(in, 6));
            case GET_LBA_STATUS -> new Cdb.GetLbaStatus(in.getLong(2), u32(in, 10));
            case MODE_SENSE_6, MODE_SENSE_10 -> modeSense(op, in);
            case MODE_SELECT_6 -> new Cdb.ModeSelect(op, bit(in, 1, 4), bit(in, 1, 0), u8(in, 4));
            case MODE_SELECT_10 -> new Cdb.ModeSelect(op, bit(in, 1, 4), bit(in, 1, 0), u16(in, 7));
            case REPORT_LUNS -> new Cdb.ReportLuns(u8(in, 2), u32(in, 6));
            case START_STOP_UNIT -> startStop(in);
            case PREVENT_ALLOW_MEDIUM_REMOVAL ->
                    new Cdb.PreventAllowMediumRemoval(u8(in, 4) & 0x03);
            case REPORT_SUPPORTED_OPERATION_CODES ->
                    new Cdb.ReportSupportedOperationCodes(
                            bit(in, 2, 7), u8(in, 2) & 0x07, u8(in, 3), u16(in, 4), u32(in, 6));
            case REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS ->
                    new Cdb.ReportSupportedTaskManagementFunctions(bit(in, 2, 7), u32(in, 6));
            case RESERVE_6 -> new Cdb.Reserve();
            case RELEASE_6 -> new Cdb.Release();
            case PERSISTENT_RESERVE_IN_READ_KEYS,
                    PERSISTENT_RESERVE_IN_READ_RESERVATION,
                    PERSISTENT_RESERVE_IN_REPORT_CAPABILITIES,
                    PERSISTENT_RESERVE_IN_READ_FULL_STATUS ->
                    new Cdb.PersistentReserveIn(op, u16(in, 7));
            case PERSISTENT_RESERVE_OUT_REGISTER,
                    PERSISTENT_RESERVE_OUT_RESERVE,
                    PERSISTENT_RESERVE_OUT_RELEASE,
                    PERSISTENT_RESERVE_OUT_CLEAR,
                    PERSISTENT_RESERVE_OUT_PREEMPT,
                    PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT,
                    PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE,
                    PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE ->
                    new Cdb.PersistentReserveOut(op, u8(in, 2) >> 4, u8(in, 2) & 0x0f, u32(in, 5));
            case FORMAT_STATE_BEGIN, FORMAT_STATE_FINISH -> new Cdb.FormatStateOut(op, u32(in, 10));
        };
    }

    private static Cdb modeSense(OperationCode op, ByteBuffer in) {
        int allocationLength = op == OperationCode.MODE_SENSE_6 ? u8(in, 4) : u16(in, 7);
        return new Cdb.ModeSense(
                op,
                bit(in, 1, 3),
                bit(in, 1, 4),
                u8(in, 2) >> 6,
                u8(in, 2) & 0x3f,
                u8(in, 3),
                allocationLength);
    }

    private static Cdb startStop(ByteBuffer in) {
        return new Cdb.StartStopUnit(
                bit(in, 1, 0),
                u8(in, 3) & 0x0f,
                u8(in, 4) >> 4,
                bit(in, 4, 2),
                bit(in, 4, 1),
                bit(in, 4, 0));
    }

    private static long lba(OperationCode op, ByteBuffer in) {
        return switch (op.cdbBytes()) {
            case 6 -> in.getInt(0) & 0x1fffff;
            case 10, 12 -> u32(in, 2);
            default -> in.getLong(2);
        };
    }

    private static long blocks(OperationCode op, ByteBuffer in) {
        return switch (op.cdbBytes()) {
            case 6 -> u8(in, 4) == 0 ? BLOCKS_OF_ZERO_IN_SIX : u8(in, 4);
            case 10 -> u16(in, 7);
            case 12 -> u32(in, 6);
            default -> u32(in, 10);
        };
    }

    private static boolean dpo(OperationCode op, ByteBuffer in) {
        return op.cdbBytes() > 6 && bit(in, 1, 4);
    }

    private static boolean fua(OperationCode op, ByteBuffer in) {
        return op.cdbBytes() > 6 && bit(in, 1, 3);
    }

    private static int byteCheck(ByteBuffer in) {
        return u8(in, 1) >> 1 & 0x03;
    }

    private static boolean bit(ByteBuffer in, int index, int bit) {
        return (in.get(index) >> bit & 1) != 0;
    }

    private static int u8(ByteBuffer in, int index) {
        return in.get(index) & 0xff;
    }

    private static int u16(ByteBuffer in, int index) {
        return in.getShort(index) & 0xffff;
    }

    private static long u32(ByteBuffer in, int index) {
        return Integer.toUnsignedLong(in.getInt(index));
    }
}
