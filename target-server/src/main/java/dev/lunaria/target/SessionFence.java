package dev.lunaria.target;

import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.grant.Granted;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends a fenced node's iSCSI sessions. Any thread that may block. */
final class SessionFence implements Fence {

    private final SessionDirectory directory;

    SessionFence(SessionDirectory directory) {
        this.directory = directory;
    }

    @Override
    public boolean endSessions(CatalogLun lun, String initiatorName, Duration within)
            throws InterruptedException {
        try {
            directory
                    .end(session ->
                            session.grant() instanceof Granted granted
                                    && granted.lun() == lun
                                    && granted.grant().initiatorName().equals(initiatorName))
                    .get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a session's drain only ever completes", e);
        }
    }

    @Override
    public void removeReservations(CatalogLun lun, String initiatorName) {
        // The logical unit refuses RESERVE and PERSISTENT RESERVE OUT: there are none.
    }
}
