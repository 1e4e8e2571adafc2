package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.Secret;
import java.util.Optional;

/** How sessions log in: names, portals, times, and secrets, derived anew. Any thread. */
final class Logins {
    private final KernelDisks.Settings settings;

    Logins(KernelDisks.Settings settings) {
        this.settings = settings;
    }

    /** The same as at the attach, with secrets from the keys that this node has now. */
    SessionSettings again(SessionRecord record) {
        return of(record, Optional.of(secrets(record)));
    }

    private ChapSecretDerivation.Secrets secrets(SessionRecord record) {
        Secret key =
                settings.keys()
                        .key(record.keyId())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "this node has no installation key '%s' any more"
                                                .formatted(record.keyId())));
        return ChapSecretDerivation.derive(key, record.grant());
    }

    /** With the secrets that are given, or without. */
    SessionSettings of(SessionRecord record, Optional<ChapSecretDerivation.Secrets> secrets) {
        RecoverySettings d = RecoverySettings.DEFAULTS;
        return new SessionSettings(
                record.portals().stream().map(Portal::parse).toList(),
                record.initiatorName(),
                record.targetName(),
                Isid.of(record.grant().node(), record.volumeId(), SessionNames.PATH),
                secrets.map(s -> credential(record.initiatorName(), s.initiator())),
                secrets.map(s -> credential(record.targetName(), s.target())),
                settings.wants(),
                new RecoverySettings(
                        d.nopInterval(),
                        d.nopTimeout(),
                        d.loginTimeout(),
                        d.commandTimeout(),
                        d.abortTimeout(),
                        d.resetTimeout(),
                        d.logoutTimeout(),
                        d.firstBackOff(),
                        d.maxBackOff(),
                        settings.replacementTimeout(),
                        d.maxInFlight(),
                        d.maxQueued()));
    }

    private static ChapCredential credential(String name, Secret secret) {
        return new ChapCredential(name, ChapSecret.of(secret.revealText()));
    }
}
