package dev.lunaria.iscsi.text;

/**
 * One {@code key=value} pair (RFC 7143 §6.1).
 *
 * @param key its name, at most 63 characters
 * @param value at most 8192 bytes of UTF-8
 */
public record KeyValue(String key, String value) {
    /** The answer to a key that nobody here knows (RFC 7143 §6.2). */
    public static final String NOT_UNDERSTOOD = "NotUnderstood";

    /** The answer to a key that means nothing in this session (RFC 7143 §6.2). */
    public static final String IRRELEVANT = "Irrelevant";

    /** The answer to a value that can't be (RFC 7143 §6.2). */
    public static final String REJECT = "Reject";

    /** Answers to an offer that decide nothing: the default stands. */
    boolean isRefusal() {
        return value.equals(NOT_UNDERSTOOD) || value.equals(IRRELEVANT) || value.equals(REJECT);
    }
}
