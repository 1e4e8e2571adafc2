package dev.lunaria.iscsi.scsi;

import java.util.Optional;

/** SCSI status codes (SAM-5 §5.3.1). Immutable. */
public enum ScsiStatus {
    GOOD(0x00),
    CHECK_CONDITION(0x02),
    CONDITION_MET(0x04),
    BUSY(0x08),
    RESERVATION_CONFLICT(0x18),
    TASK_SET_FULL(0x28),
    ACA_ACTIVE(0x30),
    TASK_ABORTED(0x40);

    private final int code;

    ScsiStatus(int code) {
        this.code = code;
    }

    /** As it goes over the wire. */
    public int code() {
        return code;
    }

    /** The status of a code; empty for obsolete and reserved ones. */
    public static Optional<ScsiStatus> of(int code) {
        for (ScsiStatus status : values()) {
            if (status.code == code) {
                return Optional.of(status);
            }
        }
        return Optional.empty();
    }
}
