package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4
 * §6.35–6.36): read from the table that the parser reads. Pure.
 */
final class SupportReports {
    private static final int ALL = 0;
    private static final int WITHOUT_SERVICE_ACTION = 1;
    private static final int WITH_SERVICE_ACTION = 2;
    private static final int EITHER = 3;

    private static final int DESCRIPTOR_BYTES = 8;
    private static final int TIMEOUTS_BYTES = 12;
    private static final int HEADER_BYTES = 4;
    private static final int SERVICE_ACTION_VALID = 0x01;
    private static final int TIMEOUTS_PRESENT = 0x02;
    private static final int ONE_TIMEOUTS_PRESENT = 0x80;
    private static final int SUPPORTED = 3;
    private static final int NOT_SUPPORTED = 1;

    /** ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET RESET. */
    private static final int TASK_MANAGEMENT = 0x80 | 0x40 | 0x10 | 0x08 | 0x02;

    private SupportReports() {}

    static ByteBuffer operationCodes(Cdb.ReportSupportedOperationCodes c) throws CheckCondition {
        return switch (c.reportingOptions()) {
            case ALL -> all(c.timeoutsDescriptor());
            case WITHOUT_SERVICE_ACTION, WITH_SERVICE_ACTION, EITHER -> one(c);
            default -> throw new CheckCondition(SenseData.invalidCdb(2, 2));
        };
    }

    private static ByteBuffer all(boolean timeouts) {
        int each = DESCRIPTOR_BYTES + (timeouts ? TIMEOUTS_BYTES : 0);
        OperationCode[] operations = OperationCode.values();
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + each * operations.length);
        out.putInt(each * operations.length);
        for (OperationCode operation : operations) {
            int flags =
                    (operation.hasServiceAction() ? SERVICE_ACTION_VALID : 0)
                            | (timeouts ? TIMEOUTS_PRESENT : 0);
            out.put((byte) operation.code());
            out.put((byte) 0);
            out.putShort((short) Math.max(0, operation.serviceAction()));
            out.put((byte) 0);
            out.put((byte) flags);
            out.putShort((short) operation.cdbBytes());
            if (timeouts) {
                putTimeouts(out);
            }
        }
        return out.flip();
    }

    /** Command timeouts descriptor (SPC-4 §6.35.4): none is recommended. */
    private static void putTimeouts(ByteBuffer out) {
        out.putShort((short) (TIMEOUTS_BYTES - 2));
        out.put(new byte[TIMEOUTS_BYTES - 2]);
    }

    private static ByteBuffer one(Cdb.ReportSupportedOperationCodes c) throws CheckCondition {
        OperationCode[] candidates = OperationCode.of(c.requestedCode());
        boolean actions = candidates.length > 0 && candidates[0].hasServiceAction();
        boolean wrongly =
                switch (c.reportingOptions()) {
                    case WITHOUT_SERVICE_ACTION -> actions;
                    case WITH_SERVICE_ACTION -> candidates.length > 0 && !actions;
                    default -> false;
                };
        if (wrongly) {
            throw new CheckCondition(SenseData.invalidCdb(2, 2));
        }
        Optional<OperationCode> found =
                OperationCode.of(c.requestedCode(), c.requestedServiceAction())
                        .filter(_ -> actions || c.requestedServiceAction() == 0);
        if (found.isEmpty()) {
            return ByteBuffer.allocate(HEADER_BYTES).put(1, (byte) NOT_SUPPORTED);
        }
        byte[] usage = found.get().usageData();
        boolean timeouts = c.timeoutsDescriptor();
        ByteBuffer out =
                ByteBuffer.allocate(HEADER_BYTES + usage.length + (timeouts ? TIMEOUTS_BYTES : 0));
        out.put((byte) 0);
        out.put((byte) (SUPPORTED | (timeouts ? ONE_TIMEOUTS_PRESENT : 0)));
        out.putShort((short) usage.length);
        out.put(usage);
        if (timeouts) {
            putTimeouts(out);
        }
        return out.flip();
    }

    static ByteBuffer taskManagement(Cdb.ReportSupportedTaskManagementFunctions c) {
        ByteBuffer out = ByteBuffer.allocate(c.extendedData() ? 16 : 4);
        out.put(0, (byte) TASK_MANAGEMENT);
        out.put(3, (byte) (c.extendedData() ? 12 : 0));
        return out;
    }
}
