package dev.lunaria.iscsi.pdu;

/** How a command is ordered among others (RFC 7143 §11.3.1, SAM-5 §8.6). */
public enum TaskAttribute {
    UNTAGGED(0),
    SIMPLE(1),
    ORDERED(2),
    HEAD_OF_QUEUE(3),
    ACA(4),
    RESERVED_5(5),
    RESERVED_6(6),
    RESERVED_7(7);

    private final int code;

    TaskAttribute(int code) {
        this.code = code;
    }

    /** As it goes into the header's ATTR field. */
    public int code() {
        return code;
    }
}
