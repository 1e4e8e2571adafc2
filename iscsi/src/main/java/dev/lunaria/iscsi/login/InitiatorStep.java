package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.jspecify.annotations.Nullable;

/** What an initiator does next in a login. */
public sealed interface InitiatorStep {

    /** Send the request, and wait for its response. */
    record Send(LoginRequest request) implements InitiatorStep {}

    /** The full-feature phase begins. */
    record Established(InitiatorLoginResult result) implements InitiatorStep {}

    /**
     * Close the connection.
     *
     * @param status what the target answered; null where this side gave up
     * @param reason one line without secrets
     * @param targetAddress where to go on (RFC 7143 §13.8); null but for REDIRECTION
     */
    record Failed(
            LoginFailure failure,
            @Nullable LoginStatus status,
            String reason,
            @Nullable String targetAddress)
            implements InitiatorStep {}
}
