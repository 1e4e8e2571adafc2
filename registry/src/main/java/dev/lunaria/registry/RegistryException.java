package dev.lunaria.registry;

import org.jspecify.annotations.Nullable;

/** Why the registry didn't do what it was asked, in one line that says where. */
public final class RegistryException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** What callers tell apart. */
    public enum Reason {
        /** The name is taken. */
        ALREADY_EXISTS,
        /** Somebody else changed the document. Read it again. */
        CONFLICT,
        NOT_FOUND,
        /**
         * A document of another version, of unknown fields, or not a document at all. Somebody must
         * mend it.
         */
        UNREADABLE,
        /** The source fails or is held by somebody. Try again. */
        UNAVAILABLE
    }

    private final Reason reason;
    private final String explanation;

    public RegistryException(Reason reason, String message) {
        this(reason, message, null);
    }

    public RegistryException(Reason reason, String message, @Nullable Throwable cause) {
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
}
