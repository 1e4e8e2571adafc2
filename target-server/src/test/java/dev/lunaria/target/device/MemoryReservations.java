package dev.lunaria.target.device;

import dev.lunaria.target.store.StoreException;
import org.jspecify.annotations.Nullable;

/** Reservations in memory; guarded by its own lock. */
public final class MemoryReservations implements ReservationStates {
    private Reservations state = Reservations.NONE;
    private StoreException.@Nullable Reason failure;

    @Override
    public synchronized Reservations current() {
        return state;
    }

    @Override
    public synchronized boolean change(Reservations expected, Reservations next)
            throws StoreException {
        if (failure != null) {
            throw new StoreException(failure, "asked for");
        }
        if (!state.equals(expected)) {
            return false;
        }
        state = next;
        return true;
    }

    /** Changes fail so from now on; null: they succeed. */
    synchronized void fail(StoreException.@Nullable Reason reason) {
        failure = reason;
    }

    synchronized void set(Reservations other) {
        state = other;
    }
}
