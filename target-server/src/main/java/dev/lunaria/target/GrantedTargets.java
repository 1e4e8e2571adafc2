package dev.lunaria.target;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.target.grant.GrantAuthority;
import dev.lunaria.target.grant.Granted;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets behind the portals: one for each LUN, for those to whom it is granted. Any thread.
 */
final class GrantedTargets implements ServedTargets {

    private static final Logger LOG = LoggerFactory.getLogger(GrantedTargets.class);

    private final GrantAuthority authority;
    private final OpenUnits units;
    private final UnitMeters meters;

    GrantedTargets(GrantAuthority authority, OpenUnits units, UnitMeters meters) {
        this.authority = authority;
        this.units = units;
        this.meters = meters;
    }

    @Override
    public @Nullable DeviceServer open(LoginAuthority.Grant grant, Nexus nexus) throws IOException {
        if (!(grant instanceof Granted granted) || !granted.stands()) {
            return null;
        }
        try {
            return new MeteredDevice(
                    units.attach(granted, nexus), meters, UnitMeters.Pair.of(granted));
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("lun", granted.lun().facts().id())
                    .addKeyValue("node", granted.grant().node())
                    .setCause(e)
                    .log("the LUN's file can't be opened; the login is refused, and tried again");
            throw e;
        }
    }

    @Override
    public List<String> grantedTo(String initiatorName) {
        return authority.grantedTo(initiatorName);
    }
}
