package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;

/**
 * How Data-Out broke the rules; each ends its command with CHECK CONDITION (RFC 7143 §11.4.7.2,
 * SPC-4 annex F).
 */
enum DataViolation {
    /** Immediate or unsolicited data that was not negotiated, or beyond FirstBurstLength. */
    UNEXPECTED_UNSOLICITED_DATA(SenseKey.ABORTED_COMMAND, 0x0c, 0x0c),
    /** A sequence ended before its length, or went beyond. */
    INCORRECT_AMOUNT_OF_DATA(SenseKey.ABORTED_COMMAND, 0x0c, 0x0d),
    /** DataSN out of order. */
    DATA_PHASE_ERROR(SenseKey.ABORTED_COMMAND, 0x4b, 0x00),
    /** Buffer offset out of order, though DataPDUInOrder was negotiated. */
    DATA_OFFSET_ERROR(SenseKey.ABORTED_COMMAND, 0x4b, 0x05),
    /** The CDB writes, but the command's W bit says that it doesn't. */
    INVALID_FIELD_IN_INFORMATION_UNIT(SenseKey.ILLEGAL_REQUEST, 0x0e, 0x03);

    private final SenseKey key;
    private final int code;
    private final int qualifier;

    DataViolation(SenseKey key, int code, int qualifier) {
        this.key = key;
        this.code = code;
        this.qualifier = qualifier;
    }

    /** Sense data in fixed format. */
    ByteBuffer sense() {
        return SenseData.of(key, new AdditionalSense(code, qualifier)).encodeFixed();
    }
}
