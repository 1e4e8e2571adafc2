package dev.lunaria.target.device;

import dev.lunaria.target.store.StoreException;

/**
 * Where the persistent reservations of one logical unit are kept; implemented over the catalog.
 *
 * <p>Any thread. What may become of them is decided by the logical unit: here is only the durable
 * compare-and-set.
 */
public interface ReservationStates {

    /** The last durable state; never blocks. */
    Reservations current();

    /**
     * Replaces the state, durably, if it is still the expected one. May block.
     *
     * @return whether it was
     * @throws StoreException it could not be made durable: the state is what it was
     */
    boolean change(Reservations expected, Reservations next) throws StoreException;
}
