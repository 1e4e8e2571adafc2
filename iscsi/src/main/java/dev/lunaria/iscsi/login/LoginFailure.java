package dev.lunaria.iscsi.login;

/** What an initiator can do about a login that failed. */
public enum LoginFailure {
    /**
     * Final: the grant is gone, or somebody could not prove himself. Another try changes nothing.
     */
    AUTHORIZATION,
    /** Log in at the address that came with it. */
    REDIRECTION,
    /** Try again later. */
    TRANSIENT,
    /** One of the two does not keep to the protocol. */
    PROTOCOL
}
