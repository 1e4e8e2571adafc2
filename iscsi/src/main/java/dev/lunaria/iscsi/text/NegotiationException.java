package dev.lunaria.iscsi.text;

/** Text that RFC 7143 §6 does not allow; the message says what was wrong, for one log line. */
public final class NegotiationException extends Exception {
    private static final long serialVersionUID = 1L;

    public NegotiationException(String message) {
        // No stack trace: the peer decides how often this is thrown.
        super(message, null, false, false);
    }

    /** What was wrong. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
