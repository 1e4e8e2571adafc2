package dev.lunaria.iscsi.pdu;

/**
 * How far a transfer differed from ExpectedDataTransferLength (RFC 7143 §11.4.5).
 *
 * @param kind which way it differed
 * @param bytes by how many bytes, unsigned; 0 for NONE
 */
public record Residual(Kind kind, int bytes) {

    /** The transfer was as long as expected. */
    public static final Residual NONE = new Residual(Kind.NONE, 0);

    /** Which way a transfer differed. */
    public enum Kind {
        NONE,
        OVERFLOW,
        UNDERFLOW
    }
}
