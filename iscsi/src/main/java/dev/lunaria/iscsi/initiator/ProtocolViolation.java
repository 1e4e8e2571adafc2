package dev.lunaria.iscsi.initiator;

/** The target broke a rule of RFC 7143: at error recovery level 0 the connection ends (§7.1.4). */
final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1;

    ProtocolViolation(String message) {
        super(message, null, false, false);
    }
}
