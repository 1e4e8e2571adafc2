package dev.lunaria.target.grant;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.RefusedException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * What has to happen to a node's sessions before it counts as fenced. Any thread; every step may be
 * repeated.
 */
public interface Fence {

    /**
     * Ends all sessions of an initiator on a LUN. New logins are refused already.
     *
     * @return done when nothing they sent can reach the store any more; never fails
     */
    CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName);

    /**
     * Removes the initiator's reservations and registrations on the LUN; durable on return.
     *
     * @throws IOException they may or may not be gone: the fence isn't finished
     */
    void removeReservations(CatalogLun lun, String initiatorName)
            throws RefusedException, IOException;
}
