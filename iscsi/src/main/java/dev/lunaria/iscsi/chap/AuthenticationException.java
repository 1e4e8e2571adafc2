package dev.lunaria.iscsi.chap;

/** Somebody did not prove who he is; the message says how, for one log line, and no secret. */
public final class AuthenticationException extends Exception {
    private static final long serialVersionUID = 1L;

    public AuthenticationException(String message) {
        // No stack trace: the peer decides how often this is thrown.
        super(message, null, false, false);
    }

    /** What was wrong. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
