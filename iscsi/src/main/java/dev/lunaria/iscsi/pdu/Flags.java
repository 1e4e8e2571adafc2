package dev.lunaria.iscsi.pdu;

/** Bits of a header's second byte (RFC 7143 §11), and the additional header's types (§11.2.2). */
final class Flags {
    static final int FINAL = 0x80;

    static final int READ = 0x40;
    static final int WRITE = 0x20;
    static final int ATTRIBUTE_MASK = 0x07;

    static final int CONTINUE = 0x40;
    static final int TRANSIT = 0x80;
    static final int STAGE_MASK = 0x03;
    static final int CURRENT_STAGE_SHIFT = 2;

    static final int ACKNOWLEDGE = 0x40;
    static final int BIDIRECTIONAL_OVERFLOW = 0x10;
    static final int BIDIRECTIONAL_UNDERFLOW = 0x08;
    static final int OVERFLOW = 0x04;
    static final int UNDERFLOW = 0x02;
    static final int STATUS = 0x01;

    static final int CODE_MASK = 0x7f;
    static final int SNACK_TYPE_MASK = 0x0f;

    static final int AHS_EXTENDED_CDB = 0x01;
    static final int AHS_BIDIRECTIONAL_READ_LENGTH = 0x02;

    private Flags() {}
}
