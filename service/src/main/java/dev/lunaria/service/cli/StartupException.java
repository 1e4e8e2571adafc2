package dev.lunaria.service.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
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

    /** What an I/O error says to a person: a reason, without the names of Java's exceptions. */
    public static String reason(IOException error) {
        return switch (error) {
            case NoSuchFileException missing -> missing.getFile() + " isn't there";
            case AccessDeniedException denied -> "no permission for " + denied.getFile();
            case FileAlreadyExistsException there -> there.getFile() + " is there already";
            case NotDirectoryException file -> file.getFile() + " isn't a folder";
            case FileSystemException other when other.getReason() != null ->
                    other.getFile() + ": " + other.getReason();
            default -> error.getMessage() == null ? error.toString() : error.getMessage();
        };
    }
}
