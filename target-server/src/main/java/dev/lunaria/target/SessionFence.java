package dev.lunaria.target;

import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.grant.Granted;
import java.util.concurrent.CompletableFuture;

/** Ends a fenced node's iSCSI sessions. Any thread. */
final class SessionFence implements Fence {

    private final SessionDirectory directory;

    SessionFence(SessionDirectory directory) {
        this.directory = directory;
    }

    @Override
    public CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName) {
        return directory.end(session ->
                session.grant() instanceof Granted granted
                        && granted.lun() == lun
                        && granted.grant().initiatorName().equals(initiatorName));
    }

    @Override
    public void removeReservations(CatalogLun lun, String initiatorName) {
        // The logical unit refuses RESERVE and PERSISTENT RESERVE OUT: there are none.
    }
}
