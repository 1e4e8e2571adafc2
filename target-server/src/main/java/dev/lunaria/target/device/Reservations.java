package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.ReservationType;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who is registered with a logical unit, and who has reserved it (SPC-4 §5.13). Immutable; bounded
 * by {@link UnitLimits#MAX_REGISTRATIONS}.
 *
 * @param generation PRGENERATION, 32 bits
 * @param persists whether it survives a loss of power: APTPL of the last registration
 * @param keys reservation key of each registrant
 * @param held the reservation; null where there is none
 */
public record Reservations(
        long generation, boolean persists, SortedMap<Registrant, Long> keys, @Nullable Held held) {

    /** Nobody is registered. */
    public static final Reservations NONE =
            new Reservations(0, false, Collections.emptySortedMap(), null);

    private static final long GENERATIONS = 1L << 32;

    /**
     * A reservation.
     *
     * @param holder null where every registrant is one
     */
    public record Held(ReservationType type, @Nullable Registrant holder) {

        /** A reservation that this registrant makes. */
        static Held by(Registrant registrant, ReservationType type) {
            return new Held(type, type.isHeldByAll() ? null : registrant);
        }
    }

    public Reservations {
        keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
        if (held != null) {
            boolean registered =
                    held.holder() == null ? !keys.isEmpty() : keys.containsKey(held.holder());
            if (held.type().isHeldByAll() != (held.holder() == null) || !registered) {
                throw new IllegalArgumentException("held by " + held + ", registered " + keys);
            }
        }
    }

    boolean isHeldBy(Registrant registrant) {
        return held != null
                && (held.holder() == null
                        ? keys.containsKey(registrant)
                        : held.holder().equals(registrant));
    }

    /** Whether a key is the holder's, or one of the holders'. */
    boolean isHeldUnder(long key) {
        return held != null && held.holder() != null && hasKey(held.holder(), key);
    }

    /** Whether a nexus is registered with a key. */
    boolean hasKey(Registrant registrant, long key) {
        return Long.valueOf(key).equals(keys.get(registrant));
    }

    /** Those that registered with a key. */
    SortedSet<Registrant> with(long key) {
        TreeSet<Registrant> found = new TreeSet<>(keys.keySet());
        found.removeIf(registrant -> !hasKey(registrant, key));
        return found;
    }

    /** Everybody but some. */
    SortedSet<Registrant> others(Collection<Registrant> some) {
        TreeSet<Registrant> others = new TreeSet<>(keys.keySet());
        others.removeAll(some);
        return others;
    }

    /** Without some registrations, and without the reservation that ends with them. */
    Reservations without(Collection<Registrant> some) {
        TreeMap<Registrant, Long> left = new TreeMap<>(keys);
        left.keySet().removeAll(new HashSet<>(some));
        boolean ends =
                held != null
                        && (held.holder() == null
                                ? left.isEmpty()
                                : !left.containsKey(held.holder()));
        return new Reservations(generation, persists, left, ends ? null : held);
    }

    /** Without all registrations of an initiator: what a fence leaves. */
    public Reservations withoutInitiator(String initiatorName) {
        Set<Registrant> fenced = new TreeSet<>(keys.keySet());
        fenced.removeIf(registrant -> !registrant.initiatorName().equals(initiatorName));
        return fenced.isEmpty() ? this : without(fenced).changed();
    }

    /** What is left of it after a loss of power (SPC-4 §5.13.5). */
    public Reservations afterPowerLoss() {
        return persists ? new Reservations(0, true, keys, held) : NONE;
    }

    /** The next generation. */
    Reservations changed() {
        return new Reservations((generation + 1) % GENERATIONS, persists, keys, held);
    }

    Reservations with(SortedMap<Registrant, Long> otherKeys, boolean otherPersists) {
        return new Reservations(generation, otherPersists, otherKeys, held);
    }

    Reservations heldAs(@Nullable Held other) {
        return new Reservations(generation, persists, keys, other);
    }
}
