package dev.lunaria.iscsi.scsi;

import java.util.Optional;

/** Type of a persistent reservation (SPC-4 §6.15.3.4): whom it keeps from what. Immutable. */
public enum ReservationType {
    /** Writing is the holder's. */
    WRITE_EXCLUSIVE(0x1, Reserved.WRITES, Members.HOLDER),
    /** Reading and writing are the holder's. */
    EXCLUSIVE_ACCESS(0x3, Reserved.ALL, Members.HOLDER),
    /** Writing is the registrants'; one of them holds it. */
    WRITE_EXCLUSIVE_REGISTRANTS_ONLY(0x5, Reserved.WRITES, Members.REGISTRANTS),
    /** Reading and writing are the registrants'; one of them holds it. */
    EXCLUSIVE_ACCESS_REGISTRANTS_ONLY(0x6, Reserved.ALL, Members.REGISTRANTS),
    /** Writing is the registrants', and each of them holds it. */
    WRITE_EXCLUSIVE_ALL_REGISTRANTS(0x7, Reserved.WRITES, Members.ALL_HOLD),
    /** Reading and writing are the registrants', and each of them holds it. */
    EXCLUSIVE_ACCESS_ALL_REGISTRANTS(0x8, Reserved.ALL, Members.ALL_HOLD);

    private enum Reserved {
        WRITES,
        ALL
    }

    private enum Members {
        HOLDER,
        REGISTRANTS,
        ALL_HOLD
    }

    private final int code;
    private final Reserved reserved;
    private final Members members;

    ReservationType(int code, Reserved reserved, Members members) {
        this.code = code;
        this.reserved = reserved;
        this.members = members;
    }

    /** As it goes over the wire: 4 bits. */
    public int code() {
        return code;
    }

    /** Whether reading is kept from others as well as writing. */
    public boolean reservesReads() {
        return reserved == Reserved.ALL;
    }

    /** Whether every registrant may do what is reserved, not the holder alone. */
    public boolean admitsRegistrants() {
        return members != Members.HOLDER;
    }

    /** Whether every registrant is a holder. */
    public boolean isHeldByAll() {
        return members == Members.ALL_HOLD;
    }

    /** The type of a code; empty for obsolete and reserved ones. */
    public static Optional<ReservationType> of(int code) {
        for (ReservationType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
