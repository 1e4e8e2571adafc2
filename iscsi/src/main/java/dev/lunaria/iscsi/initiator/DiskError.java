package dev.lunaria.iscsi.initiator;

/**
 * What a failed SCSI command means to the user of a block device, as the errno that Linux would
 * give.
 *
 * <p>The one map from SCSI and session failures to errno; differs from the kernel's disk driver
 * where a filesystem is served better: EIO for a medium error (the kernel says ENODATA), EROFS for
 * write protection (the kernel says EREMOTEIO).
 */
public enum DiskError {
    /** The disk failed: medium or hardware error, or nothing better is known. */
    IO(5),
    /**
     * The target refused the session's credentials, or the session was ended: nothing more comes.
     */
    FENCED(5),
    /** The session is closed. */
    CLOSED(5),
    /** The target did not come back within the replacement timeout. */
    TIMED_OUT(5),
    /** The connection broke under a command that isn't repeated. */
    CONNECTION_LOST(5),
    /** The pool is full: 07h/27h/07h (SPC-4 §4.5.7, SBC-3 §4.7.3.6). */
    NO_SPACE(28),
    /** The logical unit is write-protected: DATA PROTECT. */
    READ_ONLY(30),
    /** Another nexus holds a reservation. */
    RESERVED(52),
    /** The target doesn't know the command or a field of it: ILLEGAL REQUEST. */
    UNSUPPORTED(95),
    /** More commands wait than the session keeps. */
    QUEUE_FULL(11);

    private final int errno;

    DiskError(int errno) {
        this.errno = errno;
    }

    /** The number that Linux gives to it. */
    public int errno() {
        return errno;
    }
}
