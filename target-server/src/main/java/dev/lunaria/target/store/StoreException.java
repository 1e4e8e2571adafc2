package dev.lunaria.target.store;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import java.io.IOException;

/** A store operation failed; {@link #reason} decides the sense data that the initiator sees. */
public final class StoreException extends IOException {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** Why a store operation failed. */
    public enum Reason {
        /** No space left: transient as long as somebody may free some. */
        NO_SPACE,
        /** The medium could not be read. */
        READ,
        /** The medium could not be written. */
        WRITE,
        /** A flush failed: what was written before may be lost. */
        FLUSH,
        /**
         * The store's queue is full, and nothing was done: TASK SET FULL or BUSY (SAM-5 §5.3.1).
         */
        BUSY,
        /** The store is closed or going away. */
        CLOSED
    }

    /** Why a write of a file failed: for want of space, or otherwise. */
    public static Reason whyNotWritten(IOException cause) {
        boolean noSpace =
                cause instanceof LinuxException call
                        && (call.is(Errno.ENOSPC) || call.is(Errno.EDQUOT));
        return noSpace ? Reason.NO_SPACE : Reason.WRITE;
    }

    public StoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public StoreException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
