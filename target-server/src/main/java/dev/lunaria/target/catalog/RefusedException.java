package dev.lunaria.target.catalog;

/**
 * What was asked for is refused, for a reason that the caller can act on. The message says what to
 * do; nothing was changed.
 */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** Why; each edge maps these to its own codes. */
    public enum Reason {
        /** An argument that can never be right. */
        INVALID,
        /** A size that can't be. */
        OUT_OF_RANGE,
        NOT_FOUND,
        /** It is there already, and differs from what was asked for. */
        EXISTS_OTHERWISE,
        /** A limit or the pool's space is reached. */
        EXHAUSTED,
        /** Something else has to happen first. */
        PRECONDITION,
        /** Who asks may not have it. */
        FORBIDDEN,
        /** Something else is under way with the same: the same call again, a little later. */
        CONFLICT,
        /** The caller's picture is older than the truth: read again. */
        OUTDATED,
        /** Not finished in time: the same call again goes on with it. */
        UNFINISHED
    }

    public RefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
