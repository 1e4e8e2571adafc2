package dev.lunaria.target.grant;

import dev.lunaria.iscsi.chap.ChapCredential;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets in whom an ACTIVE grant names, with the CHAP secrets of its epoch, in both directions; each
 * side's CHAP name is its iSCSI name. Any thread; answers from memory.
 *
 * <p>A discovery session needs no proof, and names only the targets that are granted to who asks.
 */
public final class GrantAuthority implements LoginAuthority {

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
        List<String> names = new ArrayList<>();
        for (Pool pool : pools.all()) {
            for (CatalogLun lun : pool.catalog().luns()) {
                if (Granted.to(initiatorName, pool, lun).isPresent()) {
                    names.add(pool.targetName(lun).toString());
                }
            }
        }
        return names;
    }

    private Decision discovery(String initiatorName) {
        return grantedTo(initiatorName).isEmpty()
                ? refused(LoginStatus.AUTHORIZATION_FAILURE, "nothing is granted to the initiator")
                : new Decision.Granted(new Discovery(), null, null);
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
        ChapSecrets secrets = granted.get().secrets();
        return new Decision.Granted(
                granted.get(),
                credential(attempt.initiatorName(), secrets.initiator()),
                credential(attempt.targetName(), secrets.target()));
    }

    private static ChapCredential credential(String name, Secret secret) {
        return new ChapCredential(name, ChapSecret.of(secret.reveal()));
    }

    private static Decision refused(LoginStatus status, String reason) {
        return new Decision.Refused(status, reason);
    }
}
