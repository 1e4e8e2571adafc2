package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.text.OperationalWants;
import java.util.List;
import java.util.Optional;

/**
 * Who logs in to what, and how. Immutable; prints no secret.
 *
 * @param portals in the order in which to try them
 * @param initiatorName our iSCSI name (RFC 7143 §4.2.7)
 * @param targetName the target's
 * @param isid the initiator's part of the session id, see {@link Isid}
 * @param initiatorCredential with which we prove ourselves by CHAP; empty: not asked to
 * @param targetCredential with which the target must prove itself; empty: it needn't
 * @param wants what we bring into the negotiation
 * @param times the session's times and bounds
 */
public record SessionSettings(
        List<Portal> portals,
        String initiatorName,
        String targetName,
        long isid,
        Optional<ChapCredential> initiatorCredential,
        Optional<ChapCredential> targetCredential,
        OperationalWants wants,
        RecoverySettings times) {

    public SessionSettings {
        portals = List.copyOf(portals);
        if (portals.isEmpty()) {
            throw new IllegalArgumentException("a session needs a portal");
        }
    }
}
