package dev.lunaria.controller.volume;

import org.jspecify.annotations.Nullable;

/** Why something wasn't done, with a message that tells a person what to do. */
public final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** What callers and edges tell apart. */
    public enum Reason {
        /** The request can't be carried out as it stands. */
        INVALID,
        /** The size asked for isn't possible. */
        OUT_OF_RANGE,
        /** There is no such volume, snapshot or node. */
        NOT_FOUND,
        /** There is one of that name, and it is another; or it is published in another way. */
        ALREADY_EXISTS,
        /** No pool has room. */
        EXHAUSTED,
        /** The volume is in use, or in a state in which this can't be done. */
        IN_USE,
        /** The caller may not do this. */
        FORBIDDEN,
        /** Another operation is under way, or somebody was faster. Repeat. */
        BUSY,
        /** Something needed doesn't answer or has to be mended. Repeat. */
        UNAVAILABLE,
        /** It took too long, and may or may not have been done. Repeat. */
        TIMED_OUT,
        /** A target answered what it never should. */
        FAULT
    }

    private final Reason reason;
    private final String explanation;

    public Failure(Reason reason, String message) {
        this(reason, message, null);
    }

    public Failure(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.explanation = message;
    }

    @Override
    public String getMessage() {
        return explanation;
    }

    public Reason reason() {
        return reason;
    }

    /**
     * The same as one that tells the caller to go on asking. For a volume that is written down but
     * not made yet: any other answer would make the caller forget it.
     */
    public Failure retryable() {
        return switch (reason) {
            case BUSY, UNAVAILABLE, TIMED_OUT -> this;
            case INVALID,
                    OUT_OF_RANGE,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    EXHAUSTED,
                    IN_USE,
                    FORBIDDEN,
                    FAULT ->
                    new Failure(
                            Reason.UNAVAILABLE,
                            "the volume's place is chosen, but it isn't made yet: " + getMessage(),
                            this);
        };
    }
}
