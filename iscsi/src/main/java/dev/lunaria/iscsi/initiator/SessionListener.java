package dev.lunaria.iscsi.initiator;

/**
 * Whom an {@link InitiatorSession} tells what happens to it.
 *
 * <p>Called on the session's event loop; may call the session back. Must not throw.
 */
public interface SessionListener {

    /**
     * Logged in. Nothing but what {@link InitiatorSession#probe} is given is sent until {@link
     * InitiatorSession#open} or {@link InitiatorSession#fence} says whether this is the right
     * logical unit.
     */
    void loggedIn();

    /** The state or the reason for it changed. */
    void stateChanged(SessionState state, String reason);

    /** A unit attention came (SPC-4 §4.5.6), for instance 2Ah/09h: the capacity changed. */
    void unitAttention(int additionalSenseCode, int qualifier);
}
