package dev.lunaria.target.catalog;

import dev.lunaria.target.device.ReservationStates;
import dev.lunaria.target.device.Reservations;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;

/**
 * One LUN's persistent reservations, kept in the catalog. Any thread; {@link #change} may block.
 */
public final class CatalogReservations implements ReservationStates {

    private final CatalogLun lun;

    public CatalogReservations(CatalogLun lun) {
        this.lun = lun;
    }

    @Override
    public Reservations current() {
        return lun.reservations();
    }

    @Override
    public boolean change(Reservations expected, Reservations next) throws StoreException {
        try {
            return lun.changeReservations(expected, next);
        } catch (RefusedException e) {
            throw new StoreException(Reason.CLOSED, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new StoreException(
                    Reason.WRITE, "the reservations could not be kept: " + e.getMessage(), e);
        }
    }
}
