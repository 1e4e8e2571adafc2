package dev.lunaria.node.attach;

import dev.lunaria.service.secret.ChapSecretDerivation;
import java.util.List;
import java.util.UUID;

/**
 * What it takes to attach a volume.
 *
 * @param volumeId the volume's id
 * @param epoch of the grant
 * @param targetName iSCSI name of the volume's target
 * @param portals host:port, in the order in which to try them
 * @param initiatorName iSCSI name with which this node logs in
 * @param identity UUID that the logical unit must show
 * @param secrets CHAP secrets of both directions
 * @param readOnly whether the block device refuses writes
 */
public record AttachSpec(
        String volumeId,
        long epoch,
        String targetName,
        List<String> portals,
        String initiatorName,
        UUID identity,
        ChapSecretDerivation.Secrets secrets,
        boolean readOnly) {
    public AttachSpec {
        portals = List.copyOf(portals);
    }
}
