package dev.lunaria.target.grant;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapProof;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.TargetName;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lets in whom an ACTIVE grant names, with the CHAP secrets of its epoch, in both directions; each
 * side's CHAP name is its iSCSI name. Any thread; answers from memory.
 *
 * <p>A discovery session needs the secrets of one of the initiator's grants, whichever, and names
 * the targets of all of them: who knows a name alone learns nothing. Of an initiator's grants the
 * first {@link #MAX_PROOFS} count.
 */
public final class GrantAuthority implements LoginAuthority {

    /** So many secrets are tried at a discovery login. */
    static final int MAX_PROOFS = 1024;

    private final Pools pools;
    private final SessionDirectory directory;

    public GrantAuthority(Pools pools, SessionDirectory directory) {
        this.pools = pools;
        this.directory = directory;
    }

    /** What a discovery session has instead of a grant. */
    private record Discovery() implements Grant {}

    @Override
    public Decision decide(Attempt attempt) {
        return switch (attempt.type()) {
            case DISCOVERY -> discovery(attempt.initiatorName());
            case NORMAL -> normal(attempt);
        };
    }

    @Override
    public boolean hasSession(int tsih) {
        return directory.sessions().stream().anyMatch(session -> session.tsih() == tsih);
    }

    /** Names of the targets that an initiator may log in to, sorted. */
    public List<String> grantedTo(String initiatorName) {
        return granted(initiatorName)
                .map(granted -> granted.pool().targetName(granted.lun()).toString())
                .toList();
    }

    private Decision discovery(String initiatorName) {
        List<ChapProof> proofs =
                granted(initiatorName).limit(MAX_PROOFS).map(GrantAuthority::proof).toList();
        return proofs.isEmpty()
                ? refused(LoginStatus.AUTHORIZATION_FAILURE, "nothing is granted to the initiator")
                : new Decision.GrantedByAny(new Discovery(), proofs);
    }

    /** By the names of their targets. */
    private Stream<Granted> granted(String initiatorName) {
        return pools.all().stream()
                .flatMap(pool ->
                        pool.catalog().luns().stream()
                                .map(lun -> Granted.to(initiatorName, pool, lun))
                                .flatMap(Optional::stream));
    }

    private static ChapProof proof(Granted granted) {
        ChapSecrets secrets = granted.secrets();
        String target = granted.pool().targetName(granted.lun()).toString();
        return new ChapProof(
                credential(granted.grant().initiatorName(), secrets.initiator()),
                credential(target, secrets.target()));
    }

    private Decision normal(Attempt attempt) {
        Optional<TargetName> name = TargetName.parse(attempt.targetName());
        Optional<Pool> pool = name.flatMap(n -> pools.find(n.pool()));
        Optional<CatalogLun> lun = name.flatMap(n -> pool.flatMap(p -> p.catalog().find(n.lun())));
        if (pool.isEmpty() || lun.isEmpty()) {
            return refused(LoginStatus.NOT_FOUND, "there is no such target");
        }
        if (!lun.get().damage().isEmpty()) {
            return refused(LoginStatus.TARGET_ERROR, "the LUN's catalog is damaged");
        }
        Optional<Granted> granted = Granted.to(attempt.initiatorName(), pool.get(), lun.get());
        if (granted.isEmpty()) {
            return refused(
                    LoginStatus.AUTHORIZATION_FAILURE, "the LUN is not granted to the initiator");
        }
        ChapProof proof = proof(granted.get());
        return new Decision.Granted(granted.get(), proof.initiator(), proof.target());
    }

    private static ChapCredential credential(String name, Secret secret) {
        return new ChapCredential(name, ChapSecret.of(secret.reveal()));
    }

    private static Decision refused(LoginStatus status, String reason) {
        return new Decision.Refused(status, reason);
    }
}
