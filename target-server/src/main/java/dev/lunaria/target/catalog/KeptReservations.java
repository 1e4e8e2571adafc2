package dev.lunaria.target.catalog;

import dev.lunaria.target.device.Reservations;

/**
 * The persistent reservations of a LUN as they are kept. Immutable.
 *
 * <p>All are kept, as a mere restart of the process is no loss of power; after one that was, only
 * those that were made to persist (APTPL) are left.
 *
 * @param bootId of the machine when they were kept; empty: never
 */
public record KeptReservations(String bootId, Reservations reservations) {

    /** Nobody ever registered. */
    public static final KeptReservations NONE = new KeptReservations("", Reservations.NONE);

    /** What is left of them in this boot. */
    KeptReservations in(String currentBootId) {
        return bootId.equals(currentBootId)
                ? this
                : new KeptReservations(currentBootId, reservations.afterPowerLoss());
    }
}
