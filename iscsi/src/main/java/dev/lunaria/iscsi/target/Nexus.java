package dev.lunaria.iscsi.target;

/**
 * An I_T nexus (RFC 7143 §3.1, SAM-5 §4.6): one initiator port logged in to one target port, under
 * one grant.
 *
 * <p>Immutable. Equality is the port pair's.
 *
 * @param initiatorName iSCSI name of the initiator
 * @param isid the initiator's part of the session id, 48 bits
 * @param targetName iSCSI name of the target
 * @param portalGroupTag of the portal it came through
 */
public record Nexus(String initiatorName, long isid, String targetName, int portalGroupTag) {

    /** What it is a nexus of, whichever portal it came through. */
    public Path path() {
        return new Path(initiatorName, isid, targetName);
    }

    /**
     * An initiator port's way to a target. A session reinstates the one before it on its path, and
     * takes over what is remembered of it, through whichever portal it comes.
     *
     * <p>That is stricter than RFC 7143 §6.3.5, where the same ISID may be used towards each portal
     * group at once. Each of our portals is a portal group, and to an initiator they are
     * alternatives: one that lost its connection to the first comes back through the second with
     * the same ISID, and repeats there what was not answered. Were its session at the first left
     * alive, a write that is still in there could overwrite what is written later. Who wants two
     * sessions at once takes two ISIDs.
     *
     * @param initiatorName iSCSI name of the initiator
     * @param isid the initiator's part of the session id, 48 bits
     * @param targetName iSCSI name of the target
     */
    public record Path(String initiatorName, long isid, String targetName) {}
}
