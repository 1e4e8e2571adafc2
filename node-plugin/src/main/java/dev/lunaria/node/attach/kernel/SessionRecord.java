package dev.lunaria.node.attach.kernel;

import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.service.secret.ChapSecretDerivation;
import java.util.List;
import java.util.UUID;

/**
 * What it takes to log a volume's session in again after a restart of this process; no secret.
 * Immutable.
 *
 * @param keyId which of the installation's keys its secrets come from
 * @param grant what they are derived for
 */
record SessionRecord(
        String targetName,
        List<String> portals,
        String initiatorName,
        UUID identity,
        boolean readOnly,
        String keyId,
        ChapSecretDerivation.Grant grant) {
    SessionRecord {
        portals = List.copyOf(portals);
    }

    static SessionRecord of(AttachSpec spec) {
        return new SessionRecord(
                spec.targetName(),
                spec.portals(),
                spec.initiatorName(),
                spec.identity(),
                spec.readOnly(),
                spec.origin().keyId(),
                spec.origin().grant());
    }

    String volumeId() {
        return grant.volumeId();
    }

    long epoch() {
        return grant.epoch();
    }
}
