package dev.lunaria.iscsi.scsi;

import java.util.Map;

/**
 * Additional sense code and its qualifier (SPC-4 §4.5.6, annex F.2). Immutable.
 *
 * <p>The constants are those that Lunaria's target sends or its initiator acts on; any other pair
 * is kept as it came.
 *
 * @param code ASC, one byte
 * @param qualifier ASCQ, one byte
 */
public record AdditionalSense(int code, int qualifier) {

    public static final AdditionalSense NONE = new AdditionalSense(0x00, 0x00);
    public static final AdditionalSense LOGICAL_UNIT_NOT_READY = new AdditionalSense(0x04, 0x00);
    public static final AdditionalSense BECOMING_READY = new AdditionalSense(0x04, 0x01);
    public static final AdditionalSense WRITE_ERROR = new AdditionalSense(0x0c, 0x00);
    public static final AdditionalSense UNRECOVERED_READ_ERROR = new AdditionalSense(0x11, 0x00);
    public static final AdditionalSense PARAMETER_LIST_LENGTH_ERROR =
            new AdditionalSense(0x1a, 0x00);
    public static final AdditionalSense MISCOMPARE_DURING_VERIFY = new AdditionalSense(0x1d, 0x00);
    public static final AdditionalSense INVALID_OPERATION_CODE = new AdditionalSense(0x20, 0x00);
    public static final AdditionalSense LBA_OUT_OF_RANGE = new AdditionalSense(0x21, 0x00);
    public static final AdditionalSense INVALID_FIELD_IN_CDB = new AdditionalSense(0x24, 0x00);
    public static final AdditionalSense LOGICAL_UNIT_NOT_SUPPORTED =
            new AdditionalSense(0x25, 0x00);
    public static final AdditionalSense INVALID_FIELD_IN_PARAMETER_LIST =
            new AdditionalSense(0x26, 0x00);
    public static final AdditionalSense INVALID_RELEASE_OF_PERSISTENT_RESERVATION =
            new AdditionalSense(0x26, 0x04);
    public static final AdditionalSense WRITE_PROTECTED = new AdditionalSense(0x27, 0x00);

    /** "Logical unit software write protected": somebody else is formatting the unit. */
    public static final AdditionalSense SOFTWARE_WRITE_PROTECTED = new AdditionalSense(0x27, 0x02);

    /** "Permanent write protect": the unit is READY, it can't be formatted any more. */
    public static final AdditionalSense PERMANENT_WRITE_PROTECT = new AdditionalSense(0x27, 0x05);

    public static final AdditionalSense SPACE_ALLOCATION_FAILED = new AdditionalSense(0x27, 0x07);
    public static final AdditionalSense POWER_ON_OR_RESET = new AdditionalSense(0x29, 0x00);
    public static final AdditionalSense POWER_ON = new AdditionalSense(0x29, 0x01);
    public static final AdditionalSense DEVICE_RESET = new AdditionalSense(0x29, 0x03);
    public static final AdditionalSense NEXUS_LOSS = new AdditionalSense(0x29, 0x07);
    public static final AdditionalSense MODE_PARAMETERS_CHANGED = new AdditionalSense(0x2a, 0x01);
    public static final AdditionalSense RESERVATIONS_PREEMPTED = new AdditionalSense(0x2a, 0x03);
    public static final AdditionalSense RESERVATIONS_RELEASED = new AdditionalSense(0x2a, 0x04);
    public static final AdditionalSense REGISTRATIONS_PREEMPTED = new AdditionalSense(0x2a, 0x05);
    public static final AdditionalSense CAPACITY_DATA_CHANGED = new AdditionalSense(0x2a, 0x09);
    public static final AdditionalSense COMMAND_SEQUENCE_ERROR = new AdditionalSense(0x2c, 0x00);
    public static final AdditionalSense COMMANDS_CLEARED = new AdditionalSense(0x2f, 0x00);
    public static final AdditionalSense SOFT_THRESHOLD_REACHED = new AdditionalSense(0x38, 0x07);
    public static final AdditionalSense SAVING_PARAMETERS_NOT_SUPPORTED =
            new AdditionalSense(0x39, 0x00);
    public static final AdditionalSense INQUIRY_DATA_CHANGED = new AdditionalSense(0x3f, 0x03);
    public static final AdditionalSense INTERNAL_TARGET_FAILURE = new AdditionalSense(0x44, 0x00);
    public static final AdditionalSense INSUFFICIENT_REGISTRATION_RESOURCES =
            new AdditionalSense(0x55, 0x04);

    private static final Map<AdditionalSense, String> NAMES =
            Map.ofEntries(
                    Map.entry(NONE, "no additional sense information"),
                    Map.entry(LOGICAL_UNIT_NOT_READY, "logical unit not ready"),
                    Map.entry(BECOMING_READY, "logical unit is becoming ready"),
                    Map.entry(WRITE_ERROR, "write error"),
                    Map.entry(UNRECOVERED_READ_ERROR, "unrecovered read error"),
                    Map.entry(PARAMETER_LIST_LENGTH_ERROR, "parameter list length error"),
                    Map.entry(MISCOMPARE_DURING_VERIFY, "miscompare during verify operation"),
                    Map.entry(INVALID_OPERATION_CODE, "invalid command operation code"),
                    Map.entry(LBA_OUT_OF_RANGE, "logical block address out of range"),
                    Map.entry(INVALID_FIELD_IN_CDB, "invalid field in CDB"),
                    Map.entry(LOGICAL_UNIT_NOT_SUPPORTED, "logical unit not supported"),
                    Map.entry(INVALID_FIELD_IN_PARAMETER_LIST, "invalid field in parameter list"),
                    Map.entry(
                            INVALID_RELEASE_OF_PERSISTENT_RESERVATION,
                            "invalid release of persistent reservation"),
                    Map.entry(WRITE_PROTECTED, "write protected"),
                    Map.entry(SOFTWARE_WRITE_PROTECTED, "logical unit software write protected"),
                    Map.entry(PERMANENT_WRITE_PROTECT, "permanent write protect"),
                    Map.entry(SPACE_ALLOCATION_FAILED, "space allocation failed write protect"),
                    Map.entry(POWER_ON_OR_RESET, "power on, reset, or bus device reset occurred"),
                    Map.entry(POWER_ON, "power on occurred"),
                    Map.entry(DEVICE_RESET, "bus device reset function occurred"),
                    Map.entry(NEXUS_LOSS, "I_T nexus loss occurred"),
                    Map.entry(MODE_PARAMETERS_CHANGED, "mode parameters changed"),
                    Map.entry(RESERVATIONS_PREEMPTED, "reservations preempted"),
                    Map.entry(RESERVATIONS_RELEASED, "reservations released"),
                    Map.entry(REGISTRATIONS_PREEMPTED, "registrations preempted"),
                    Map.entry(CAPACITY_DATA_CHANGED, "capacity data has changed"),
                    Map.entry(COMMAND_SEQUENCE_ERROR, "command sequence error"),
                    Map.entry(COMMANDS_CLEARED, "commands cleared by another initiator"),
                    Map.entry(SOFT_THRESHOLD_REACHED, "thin provisioning soft threshold reached"),
                    Map.entry(SAVING_PARAMETERS_NOT_SUPPORTED, "saving parameters not supported"),
                    Map.entry(INQUIRY_DATA_CHANGED, "inquiry data has changed"),
                    Map.entry(INTERNAL_TARGET_FAILURE, "internal target failure"),
                    Map.entry(
                            INSUFFICIENT_REGISTRATION_RESOURCES,
                            "insufficient registration resources"));

    /** Code, qualifier and, where it is known, the standard's name. */
    @Override
    public String toString() {
        return "%02Xh/%02Xh %s".formatted(code, qualifier, NAMES.getOrDefault(this, "")).strip();
    }
}
