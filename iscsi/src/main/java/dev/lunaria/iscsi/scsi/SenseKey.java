package dev.lunaria.iscsi.scsi;

/** Sense keys (SPC-4 §4.5.6) in the order of their codes. Immutable. */
public enum SenseKey {
    NO_SENSE(0x0),
    RECOVERED_ERROR(0x1),
    NOT_READY(0x2),
    MEDIUM_ERROR(0x3),
    HARDWARE_ERROR(0x4),
    ILLEGAL_REQUEST(0x5),
    UNIT_ATTENTION(0x6),
    DATA_PROTECT(0x7),
    BLANK_CHECK(0x8),
    VENDOR_SPECIFIC(0x9),
    COPY_ABORTED(0xa),
    ABORTED_COMMAND(0xb),
    RESERVED(0xc),
    VOLUME_OVERFLOW(0xd),
    MISCOMPARE(0xe),
    COMPLETED(0xf);

    private static final SenseKey[] BY_CODE = values();

    private final int code;

    SenseKey(int code) {
        this.code = code;
    }

    /** Four bits, as they go over the wire. */
    public int code() {
        return code;
    }

    /** The key of the low four bits. */
    public static SenseKey of(int code) {
        return BY_CODE[code & 0x0f];
    }
}
