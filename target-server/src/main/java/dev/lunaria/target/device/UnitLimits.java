package dev.lunaria.target.device;

import java.time.Duration;

/** Bounds of every logical unit, most of them shown in VPD page B0h. Constants. */
final class UnitLimits {

    /** Longest READ, WRITE, VERIFY and their like, in bytes. */
    static final int MAX_TRANSFER_BYTES = 8 << 20;

    /** Length of a transfer that goes well, in bytes. */
    static final int OPTIMAL_TRANSFER_BYTES = 1 << 20;

    /** Most that one UNMAP gives back, in bytes. */
    static final long MAX_UNMAP_BYTES = 512L << 20;

    /** Most descriptors of one UNMAP. */
    static final int MAX_UNMAP_DESCRIPTORS = 256;

    /** Longest WRITE SAME, in bytes. */
    static final long MAX_WRITE_SAME_BYTES = 16L << 20;

    /** Longest COMPARE AND WRITE, in logical blocks. */
    static final int MAX_COMPARE_BLOCKS = 255;

    /** How far one GET LBA STATUS looks, in bytes. */
    static final long LBA_STATUS_BYTES = 256L << 20;

    /** Most descriptors that one GET LBA STATUS returns. */
    static final int MAX_LBA_STATUS_DESCRIPTORS = 1024;

    /** Longest parameter list of MODE SELECT and its like, in bytes. */
    static final int MAX_PARAMETER_LIST_BYTES = 256;

    /** Longest parameter list of PERSISTENT RESERVE OUT, in bytes: 30 and more TransportIDs. */
    static final int MAX_RESERVE_OUT_BYTES = 8192;

    /** So many nexuses may be registered for persistent reservations. */
    static final int MAX_REGISTRATIONS = 1024;

    /** So long a full pool answers BUSY before it says that it is full. */
    static final Duration SPACE_WINDOW = Duration.ofSeconds(60);

    /** So many nexuses without a session are remembered for what they have not flushed. */
    static final int MAX_REMEMBERED = 4096;

    private UnitLimits() {}
}
