package dev.lunaria.cli;

/** A reason why a question has no answer, as one line that says what to do. */
final class AdminException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AdminException(String message) {
        super(message);
    }

    AdminException(String message, Throwable cause) {
        super(message, cause);
    }
}
