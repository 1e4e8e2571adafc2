package dev.lunaria.iscsi.scsi;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The commands that Lunaria knows: operation code, service action, and which bits of the CDB have a
 * meaning (the CDB usage data of SPC-4 §6.35.3). Immutable.
 *
 * <p>One table serves three: what is supported, which set bits are refused as reserved, and what
 * REPORT SUPPORTED OPERATION CODES answers. A bit that isn't in the usage data must be zero: so
 * RDPROTECT, WRPROTECT and NACA, which the unit doesn't support, aren't in it; DPO, FUA_NV, RARC,
 * SYNC_NV and the group number, which may be ignored, are.
 */
public enum OperationCode {
    TEST_UNIT_READY("000000000000"),
    REQUEST_SENSE("03010000ff00"),
    READ_6("081fffffff00"),
    WRITE_6("0a1fffffff00"),
    INQUIRY("1201ffffff00"),
    MODE_SELECT_6("15110000ff00"),
    RESERVE_6("160000000000"),
    RELEASE_6("170000000000"),
    MODE_SENSE_6("1a08ffffff00"),
    START_STOP_UNIT("1b01000ff700"),
    PREVENT_ALLOW_MEDIUM_REMOVAL("1e0000000300"),
    READ_CAPACITY_10("25000000000000000000"),
    READ_10("281effffffff1fffff00"),
    WRITE_10("2a1affffffff1fffff00"),
    WRITE_AND_VERIFY_10("2e16ffffffff1fffff00"),
    VERIFY_10("2f16ffffffff1fffff00"),
    PRE_FETCH_10("3402ffffffff1fffff00"),
    SYNCHRONIZE_CACHE_10("3506ffffffff1fffff00"),
    READ_DEFECT_DATA_10("37001f00000000ffff00"),
    WRITE_SAME_10("4118ffffffff1fffff00"),
    UNMAP("4201000000001fffff00"),
    MODE_SELECT_10("55110000000000ffff00"),
    MODE_SENSE_10("5a18ffff000000ffff00"),
    PERSISTENT_RESERVE_IN_READ_KEYS(0x00, "5e000000000000ffff00"),
    PERSISTENT_RESERVE_IN_READ_RESERVATION(0x01, "5e010000000000ffff00"),
    PERSISTENT_RESERVE_IN_REPORT_CAPABILITIES(0x02, "5e020000000000ffff00"),
    PERSISTENT_RESERVE_IN_READ_FULL_STATUS(0x03, "5e030000000000ffff00"),
    PERSISTENT_RESERVE_OUT_REGISTER(0x00, "5f00ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_RESERVE(0x01, "5f01ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_RELEASE(0x02, "5f02ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_CLEAR(0x03, "5f03ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_PREEMPT(0x04, "5f04ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT(0x05, "5f05ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE(0x06, "5f06ff0000ffffffff00"),
    PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE(0x07, "5f07ff0000ffffffff00"),
    READ_16("881effffffffffffffffffffffff1f00"),
    COMPARE_AND_WRITE("891affffffffffffffff000000ff1f00"),
    WRITE_16("8a1affffffffffffffffffffffff1f00"),
    ORWRITE_16("8b1affffffffffffffffffffffff1f00"),
    WRITE_AND_VERIFY_16("8e16ffffffffffffffffffffffff1f00"),
    VERIFY_16("8f16ffffffffffffffffffffffff1f00"),
    PRE_FETCH_16("9002ffffffffffffffffffffffff1f00"),
    SYNCHRONIZE_CACHE_16("9106ffffffffffffffffffffffff1f00"),
    WRITE_SAME_16("9319ffffffffffffffffffffffff1f00"),
    READ_CAPACITY_16(0x10, "9e100000000000000000ffffffff0000"),
    GET_LBA_STATUS(0x12, "9e12ffffffffffffffffffffffff0000"),
    REPORT_LUNS("a000ff000000ffffffff0000"),
    REPORT_SUPPORTED_OPERATION_CODES(0x0c, "a30c87ffffffffffffff0000"),
    REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS(0x0d, "a30d80000000ffffffff0000"),
    READ_12("a81effffffffffffffff1f00"),
    WRITE_12("aa1affffffffffffffff1f00"),
    WRITE_AND_VERIFY_12("ae16ffffffffffffffff1f00"),
    READ_DEFECT_DATA_12("b71fffffffffffffffff0000"),
    VERIFY_12("af16ffffffffffffffff1f00"),
    /**
     * Vendor command: BLANK or an abandoned FORMATTING to FORMATTING; see {@link FormatCommand}.
     */
    FORMAT_STATE_BEGIN(0x01, "c1010000000000000000ffffffff0000"),
    /** Vendor command: FORMATTING to READY; see {@link FormatCommand}. */
    FORMAT_STATE_FINISH(0x02, "c1020000000000000000ffffffff0000");

    /** The service action of a command that has none. */
    public static final int NO_SERVICE_ACTION = -1;

    private static final int SERVICE_ACTION_BITS = 0x1f;
    private static final OperationCode[][] BY_CODE = new OperationCode[256][];

    static {
        for (int code = 0; code < BY_CODE.length; code++) {
            int wanted = code;
            BY_CODE[code] =
                    Arrays.stream(values())
                            .filter(operation -> operation.code == wanted)
                            .toArray(OperationCode[]::new);
        }
    }

    private final int code;
    private final int serviceAction;

    @SuppressWarnings("Immutable") // never handed out, only copies
    private final byte[] usage;

    OperationCode(String usage) {
        this(NO_SERVICE_ACTION, usage);
    }

    OperationCode(int serviceAction, String usage) {
        this.usage = HexFormat.of().parseHex(usage);
        this.code = this.usage[0] & 0xff;
        this.serviceAction = serviceAction;
    }

    /** First byte of the CDB. */
    public int code() {
        return code;
    }

    /** Low five bits of the second byte, or {@link #NO_SERVICE_ACTION}. */
    public int serviceAction() {
        return serviceAction;
    }

    /** Whether the operation code is told apart by a service action. */
    public boolean hasServiceAction() {
        return serviceAction != NO_SERVICE_ACTION;
    }

    /** Length of the CDB in bytes: 6, 10, 12 or 16. */
    public int cdbBytes() {
        return usage.length;
    }

    /**
     * CDB usage data (SPC-4 §6.35.3): as long as the CDB; ones where a bit is looked at or may be
     * ignored, except for operation code and service action, which stand there themselves.
     */
    public byte[] usageData() {
        return usage.clone();
    }

    /** Which bits of a byte of the CDB may be set. */
    int allowedBits(int index) {
        if (index == 0) {
            return 0xff;
        }
        int bits = usage[index] & 0xff;
        return index == 1 && hasServiceAction() ? bits | SERVICE_ACTION_BITS : bits;
    }

    /** All commands of one operation code; empty where it isn't supported. */
    public static OperationCode[] of(int code) {
        return BY_CODE[code & 0xff].clone();
    }

    /** The command of an operation code and, where the code has them, a service action. */
    public static Optional<OperationCode> of(int code, int serviceAction) {
        for (OperationCode operation : BY_CODE[code & 0xff]) {
            if (!operation.hasServiceAction() || operation.serviceAction == serviceAction) {
                return Optional.of(operation);
            }
        }
        return Optional.empty();
    }

    /**
     * The command that a CDB begins.
     *
     * @throws CheckCondition INVALID COMMAND OPERATION CODE, or INVALID FIELD IN CDB at the service
     *     action
     */
    static OperationCode find(int code, int secondByte) throws CheckCondition {
        OperationCode[] candidates = BY_CODE[code];
        if (candidates.length == 0) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_OPERATION_CODE);
        }
        for (OperationCode operation : candidates) {
            if (!operation.hasServiceAction()
                    || operation.serviceAction == (secondByte & SERVICE_ACTION_BITS)) {
                return operation;
            }
        }
        throw new CheckCondition(SenseData.invalidCdb(1, 4));
    }
}
