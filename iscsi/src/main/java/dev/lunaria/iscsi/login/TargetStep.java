package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;

/** What a target does next in a login. */
public sealed interface TargetStep {

    /** Send the response, and wait for the next request. */
    record Reply(LoginResponse response) implements TargetStep {}

    /**
     * The initiator may enter the full-feature phase: reinstate or create the session, drain what
     * an older one had in flight, then send what {@link TargetLogin#accept} returns.
     */
    record Established(TargetLoginResult result) implements TargetStep {}

    /**
     * Send the response, close the connection, log the reason once.
     *
     * @param reason one line without secrets
     */
    record Refused(LoginResponse response, LoginStatus status, String reason)
            implements TargetStep {}
}
