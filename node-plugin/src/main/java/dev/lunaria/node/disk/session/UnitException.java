package dev.lunaria.node.disk.session;

import org.jspecify.annotations.Nullable;

/** A logical unit can't be used, or a command to it failed; {@link #reason} says what to do. */
public final class UnitException extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** Why. */
    public enum Reason {
        /** The target refuses the credentials: final until the volume is published again. */
        REFUSED,
        /** Another logical unit answers than the one asked for. */
        WRONG_UNIT,
        /** No portal answers, or not yet. */
        UNAVAILABLE,
        /** The format state is another by now. */
        CHANGED,
        /** The format state doesn't allow it. */
        NOT_ALLOWED,
        /** The target failed. */
        FAILED,
        /** The disk was closed. */
        CLOSED
    }

    public UnitException(Reason reason, String message) {
        this(reason, message, null);
    }

    public UnitException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
