package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.Residual;

/** Residual counts (RFC 7143 §11.4.5): what a command wanted to move against what was expected. */
final class Residuals {

    private Residuals() {}

    /**
     * @param expected ExpectedDataTransferLength, in bytes
     * @param wanted what the command would have moved, in bytes
     */
    static Residual of(long expected, long wanted) {
        if (wanted == expected) {
            return Residual.NONE;
        }
        return wanted > expected
                ? new Residual(Residual.Kind.OVERFLOW, (int) (wanted - expected))
                : new Residual(Residual.Kind.UNDERFLOW, (int) (expected - wanted));
    }
}
