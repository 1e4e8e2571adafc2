package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * Bytes that are not what RFC 7143 allows.
 *
 * <p>Where {@link #recoverable} holds, the bad PDU has been passed over whole and the next one can
 * be decoded: a target answers it with a Reject of {@link #reason} that carries {@link #header}
 * (§11.17). Otherwise the connection closes (§7.8: a header digest error, or lengths that can't be
 * trusted).
 */
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    private final RejectReason reason;
    private final boolean recoverable;
    private final transient ByteBuffer header;

    public ProtocolException(
            RejectReason reason, boolean recoverable, ByteBuffer header, String message) {
        // No stack trace: the peer decides how often this is thrown.
        super(message, null, false, false);
        this.reason = reason;
        this.recoverable = recoverable;
        this.header = header;
    }

    /** What a Reject says of it. */
    public RejectReason reason() {
        return reason;
    }

    /** Whether the stream is still in step, so that the connection may go on. */
    public boolean recoverable() {
        return recoverable;
    }

    /** The 48 bytes of the basic header that was refused, or nothing where there is none. */
    public ByteBuffer header() {
        return header.duplicate();
    }
}
