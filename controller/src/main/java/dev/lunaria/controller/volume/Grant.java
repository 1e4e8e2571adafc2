package dev.lunaria.controller.volume;

/**
 * Leave of one node to use one LUN, as the target has it. Immutable.
 *
 * @param epoch the grant's, where it is active; otherwise the one that the next grant will have
 * @param fenced whether somebody other than the orchestrator has ended it, and the orchestrator
 *     hasn't let go of it yet
 * @param keyId which installation key its secrets were derived from
 */
public record Grant(
        String node, long epoch, State state, boolean exclusive, String keyId, boolean fenced) {

    /** The epoch of a node that never held a grant. */
    public static final long FIRST_EPOCH = 1;

    /** Where it is in its life. */
    public enum State {
        /** The node may log in. */
        ACTIVE,
        /** Fenced, but what it sent may still be under way. */
        REVOKING,
        /** Fenced; the epoch remains. */
        REVOKED
    }

    /** Whether the node may use the LUN, or what it sent may still reach it. */
    public boolean holds() {
        return state != State.REVOKED;
    }
}
