package dev.lunaria.target.grant;

import dev.lunaria.target.catalog.CatalogLun;
import java.time.Duration;

/**
 * What has to happen to a node's sessions before it counts as fenced. Any thread; every step may be
 * repeated.
 */
public interface Fence {

    /**
     * Ends all sessions of an initiator on a LUN, and waits until nothing they sent can reach the
     * store. New logins are refused already.
     *
     * @return false where that took longer than {@code within}
     */
    boolean endSessions(CatalogLun lun, String initiatorName, Duration within)
            throws InterruptedException;

    /** Removes the initiator's reservations and registrations on the LUN. */
    void removeReservations(CatalogLun lun, String initiatorName);
}
