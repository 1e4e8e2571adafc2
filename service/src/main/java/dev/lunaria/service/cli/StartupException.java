package dev.lunaria.service.cli;

import org.jspecify.annotations.Nullable;

/**
 * A reason not to start that the administrator can remove: an unknown setting, a folder that isn't
 * writable, a port in use, a second instance, a catalog of a newer version.
 *
 * <p>{@link Program} prints its message as one line and exits with {@link Program#EXIT_REFUSED}.
 * The message says what is wrong and what to do.
 */
public final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Refuses with a message for people, one line. */
    public StartupException(String message) {
        super(message);
    }

    /** Refuses with a message for people, one line; the cause goes to the log at DEBUG only. */
    public StartupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
