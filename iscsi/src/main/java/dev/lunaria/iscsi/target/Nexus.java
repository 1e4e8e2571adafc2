package dev.lunaria.iscsi.target;

/**
 * An I_T nexus (RFC 7143 §3.1, SAM-5 §4.6): one initiator port logged in to one target port, under
 * one grant.
 *
 * <p>Immutable. Equality is the port pair's: a reinstated session is the same nexus.
 *
 * @param initiatorName iSCSI name of the initiator
 * @param isid the initiator's part of the session id, 48 bits
 * @param targetName iSCSI name of the target
 * @param portalGroupTag of the portal it came through
 */
public record Nexus(String initiatorName, long isid, String targetName, int portalGroupTag) {}
