package dev.lunaria.linux;

/** Parameters of a session or connection of the kernel's initiator (iscsi_if.h, iscsi_param). */
public enum IscsiParameter {
    MAX_RECV_DATA_SEGMENT_LENGTH(0),
    MAX_XMIT_DATA_SEGMENT_LENGTH(1),
    HEADER_DIGEST(2),
    DATA_DIGEST(3),
    INITIAL_R2T(4),
    MAX_OUTSTANDING_R2T(5),
    IMMEDIATE_DATA(6),
    FIRST_BURST_LENGTH(7),
    MAX_BURST_LENGTH(8),
    DATA_PDU_IN_ORDER(9),
    DATA_SEQUENCE_IN_ORDER(10),
    ERROR_RECOVERY_LEVEL(11),
    EXP_STAT_SN(14),
    TARGET_NAME(15),
    TARGET_PORTAL_GROUP_TAG(16),
    PERSISTENT_ADDRESS(17),
    PERSISTENT_PORT(18),
    /** Seconds until I/O fails while the target is away; negative: never. */
    REPLACEMENT_TIMEOUT(19),
    FAST_ABORT(26),
    ABORT_TIMEOUT(27),
    LUN_RESET_TIMEOUT(28),
    /** Seconds that a ping's answer may take. */
    PING_TIMEOUT(30),
    /** Seconds of silence after which the target is pinged. */
    RECEIVE_TIMEOUT(31),
    INTERFACE_NAME(32),
    INITIATOR_NAME(34),
    TARGET_RESET_TIMEOUT(35),
    DISCOVERY_SESSION(43);

    private final int number;

    IscsiParameter(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
