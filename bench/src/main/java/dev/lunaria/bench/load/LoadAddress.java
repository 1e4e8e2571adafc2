package dev.lunaria.bench.load;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.text.OperationalWants;
import java.util.List;
import java.util.Optional;

/**
 * Which logical unit of whose target a load goes to. Immutable; prints no secret.
 *
 * @param portal where the target listens
 * @param initiatorName our iSCSI name
 * @param targetName the target's
 * @param lun 0 to 255
 * @param initiatorCredential with which we prove ourselves by CHAP; empty: not asked to
 * @param targetCredential with which the target must prove itself; empty: it needn't
 */
public record LoadAddress(
        Portal portal,
        String initiatorName,
        String targetName,
        int lun,
        Optional<ChapCredential> initiatorCredential,
        Optional<ChapCredential> targetCredential) {

    /** How the session of that number logs in: each has an ISID of its own. */
    SessionSettings session(int number) {
        return new SessionSettings(
                List.of(portal),
                initiatorName,
                targetName,
                Isid.of(initiatorName, targetName, "load-" + number),
                initiatorCredential,
                targetCredential,
                OperationalWants.forInitiator(),
                RecoverySettings.DEFAULTS);
    }
}
