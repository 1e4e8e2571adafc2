package dev.lunaria.target.catalog;

import org.jspecify.annotations.Nullable;

/**
 * What the target remembers of one (LUN, node) pair: the grant while there is one, and for ever the
 * epoch. Immutable.
 *
 * @param node the node's name
 * @param epoch ACTIVE: of the grant; otherwise the epoch that the next grant will have
 * @param exclusive whether no other node may hold a grant at the same time
 * @param initiatorName iSCSI name with which the node logs in; empty for a pair that never had a
 *     grant
 * @param keyId which installation key the secrets were derived from
 * @param secrets kept only while the grant is ACTIVE
 * @param fenced whether somebody other than who asked for the grant has ended it, and he hasn't let
 *     go of it yet; never where it is ACTIVE
 */
public record Grant(
        String node,
        long epoch,
        State state,
        Access access,
        boolean exclusive,
        String initiatorName,
        String keyId,
        @Nullable ChapSecrets secrets,
        boolean fenced) {

    public Grant(
            String node,
            long epoch,
            State state,
            Access access,
            boolean exclusive,
            String initiatorName,
            String keyId,
            @Nullable ChapSecrets secrets) {
        this(node, epoch, state, access, exclusive, initiatorName, keyId, secrets, false);
    }

    /** How far a grant's life has come. */
    public enum State {
        /** The node may log in. */
        ACTIVE,
        /** Fenced, but what its sessions had in flight is not yet drained. */
        REVOKING,
        /** Fenced; only the epoch remains. */
        REVOKED
    }

    /** What a grant allows. */
    public enum Access {
        READ_WRITE,
        READ_ONLY
    }

    /**
     * A pair that never had a grant: fenced before the first one, so that a late one is too old.
     */
    public static Grant never(String node) {
        return new Grant(node, 1, State.REVOKED, Access.READ_WRITE, false, "", "", null);
    }

    /**
     * The same pair one epoch later: it no longer lets anybody log in, and what was under way may
     * still be draining.
     *
     * @param byAnother whether somebody other than who asked for the grant ends it
     */
    public Grant ended(boolean byAnother) {
        return new Grant(
                node,
                epoch + 1,
                lives() ? State.REVOKING : State.REVOKED,
                access,
                exclusive,
                initiatorName,
                keyId,
                null,
                byAnother && (state == State.ACTIVE || fenced));
    }

    /** The same pair once everything is drained. */
    public Grant revoked() {
        return new Grant(
                node, epoch, State.REVOKED, access, exclusive, initiatorName, keyId, null, fenced);
    }

    /** Whether it still stands between other nodes and the LUN. */
    public boolean lives() {
        return state != State.REVOKED;
    }
}
