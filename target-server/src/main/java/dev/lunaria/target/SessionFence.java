package dev.lunaria.target;

import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.grant.Granted;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Ends a fenced node's iSCSI sessions, and what it has reserved. Any thread that may block. */
final class SessionFence implements Fence {

    private final SessionDirectory directory;
    private final OpenUnits units;

    SessionFence(SessionDirectory directory, OpenUnits units) {
        this.directory = directory;
        this.units = units;
    }

    @Override
    public CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName) {
        return directory.end(session ->
                session.grant() instanceof Granted granted
                        && granted.lun() == lun
                        && granted.grant().initiatorName().equals(initiatorName));
    }

    @Override
    public void removeReservations(CatalogLun lun, String initiatorName)
            throws RefusedException, IOException {
        units.removeReservations(lun, initiatorName);
    }
}
