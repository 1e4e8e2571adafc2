package dev.lunaria.node.failure;

import org.jspecify.annotations.Nullable;

/** Why an operation on a volume can't be done, with a message that says what was found. */
public final class NodeFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What the caller can do about it. */
    public enum Kind {
        /** The request can't be right. */
        INVALID,
        /** The size asked for can't be. */
        OUT_OF_RANGE,
        /** There is no such volume or path here. */
        NOT_FOUND,
        /** It is there, but other than asked for. */
        DIFFERENT,
        /** Another operation on the volume is under way: repeat. */
        BUSY,
        /** The state of the volume or the node must change first. */
        PRECONDITION,
        /** A part is away: repeat. */
        UNAVAILABLE,
        /** It took too long: repeat. */
        TIMED_OUT,
        /** The kernel or a program failed in a way that has no better name. */
        BROKEN
    }

    private final Kind kind;

    /** A failure with a message for people. */
    public NodeFailure(Kind kind, String message) {
        this(kind, message, null);
    }

    /** A failure with a message for people and what caused it. */
    public NodeFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What the caller can do about it. */
    public Kind kind() {
        return kind;
    }

    /** A request that can't be right. */
    public static NodeFailure invalid(String message) {
        return new NodeFailure(Kind.INVALID, message);
    }

    /** A state that must change first. */
    public static NodeFailure precondition(String message) {
        return new NodeFailure(Kind.PRECONDITION, message);
    }

    /** A failed call to the kernel or a file system. */
    public static NodeFailure broken(Exception cause) {
        return new NodeFailure(Kind.BROKEN, String.valueOf(cause.getMessage()), cause);
    }
}
