package dev.lunaria.iscsi.initiator;

/** Where an {@link InitiatorSession} stands. */
public enum SessionState {
    /** Not started. */
    NEW,
    /** A connection is being made. */
    CONNECTING,
    /** In the login phase (RFC 7143 §6). */
    LOGGING_IN,
    /** In the full-feature phase; its owner is looking at what answers. */
    VERIFYING,
    /** Commands flow. */
    ONLINE,
    /** Waits until it tries again; commands wait too. */
    WAITING,
    /** A logout was asked for by the owner; what was submitted before is still carried out. */
    CLOSING,
    /** Logged out. Final. */
    CLOSED,
    /** Refused by the target, or by the owner. Final. */
    FENCED;

    /** Whether nothing comes after it. */
    public boolean isFinal() {
        return this == CLOSED || this == FENCED;
    }
}
