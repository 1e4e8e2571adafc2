package dev.lunaria.node.disk.process;

import org.jspecify.annotations.Nullable;

/** A call can't be carried out; the kind decides the gRPC status, the message says what to do. */
final class DiskFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    enum Kind {
        /** An argument is missing or can't be. */
        INVALID,
        /** The volume isn't attached. */
        NOT_ATTACHED,
        /** The target refuses the credentials. */
        REFUSED,
        /** Something must change first. */
        PRECONDITION,
        /** The format state is another by now. */
        CHANGED,
        /** The target is away; repeat. */
        UNAVAILABLE,
        /** It took too long; repeat. */
        TOO_LONG,
        /** The process has as many disks as it takes. */
        TOO_MANY,
        /** The kernel or the target failed. */
        BROKEN
    }

    DiskFailure(Kind kind, String message) {
        this(kind, message, null);
    }

    DiskFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
