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
 * @param origin from what the secrets were derived, and can be again
 * @param readOnly whether the volume is only read
 * @param privateWrites with {@code readOnly}: the block device takes writes all the same, which
 *     stay on this node and end with the device, so that a journal can be replayed
 */
public record AttachSpec(
        String volumeId,
        long epoch,
        String targetName,
        List<String> portals,
        String initiatorName,
        UUID identity,
        ChapSecretDerivation.Secrets secrets,
        SecretOrigin origin,
        boolean readOnly,
        boolean privateWrites) {
    /**
     * What secrets come from; itself no secret.
     *
     * @param keyId which of the installation's keys
     * @param grant for which they are derived
     */
    public record SecretOrigin(String keyId, ChapSecretDerivation.Grant grant) {}

    public AttachSpec {
        portals = List.copyOf(portals);
    }
}
