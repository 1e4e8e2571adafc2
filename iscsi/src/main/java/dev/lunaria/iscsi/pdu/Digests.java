package dev.lunaria.iscsi.pdu;

/**
 * Which CRC32C digests a connection carries (RFC 7143 §13.1); they begin with the full-feature
 * phase.
 */
public record Digests(boolean header, boolean data) {

    /** Neither: how every connection starts. */
    public static final Digests NONE = new Digests(false, false);

    /** Length of one digest in bytes. */
    public static final int BYTES = 4;
}
