package dev.lunaria.iscsi.pdu;

/** A header that is in step with the stream, but says what it may not. */
final class MalformedHeader extends Exception {
    private static final long serialVersionUID = 1L;

    private final RejectReason reason;

    MalformedHeader(RejectReason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    RejectReason reason() {
        return reason;
    }
}
