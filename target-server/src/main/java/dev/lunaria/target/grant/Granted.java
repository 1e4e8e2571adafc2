package dev.lunaria.target.grant;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.Pool;
import java.util.Optional;

/**
 * The grant under which a session is, as it was at its login. Immutable.
 *
 * @param grant of the epoch; may be fenced by now
 */
public record Granted(Pool pool, CatalogLun lun, Grant grant) implements LoginAuthority.Grant {

    /** The ACTIVE grant of an initiator on a LUN, if there is one. */
    static Optional<Granted> to(String initiatorName, Pool pool, CatalogLun lun) {
        return lun.grants().values().stream()
                .filter(grant -> grant.state() == Grant.State.ACTIVE)
                .filter(grant -> grant.initiatorName().equals(initiatorName))
                .findFirst()
                .map(grant -> new Granted(pool, lun, grant));
    }

    /** Whether it hasn't been fenced since. */
    public boolean stands() {
        Grant now = lun.grants().get(grant.node());
        return now != null && now.state() == Grant.State.ACTIVE && now.epoch() == grant.epoch();
    }

    ChapSecrets secrets() {
        ChapSecrets secrets = grant.secrets();
        if (secrets == null) {
            throw new IllegalStateException("an ACTIVE grant has secrets");
        }
        return secrets;
    }
}
