package dev.lunaria.target.store;

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
