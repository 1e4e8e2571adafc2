package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.iscsi.scsi.ReserveOutList;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.scsi.TransportId;
import dev.lunaria.target.device.Reservations.Held;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What PERSISTENT RESERVE OUT makes of a unit's reservations (SPC-4 §5.13, §6.16): a pure function
 * of what is and what is asked. Immutable; one for each attempt.
 *
 * @param now the reservations as they are
 * @param self the nexus through which the command came
 * @param targetPorts all that the unit has
 * @param loggedIn the nexuses that have a session now
 */
record ReserveOut(
        Reservations now,
        Registrant self,
        Set<Integer> targetPorts,
        Collection<Registrant> loggedIn) {
    private static final int LOGICAL_UNIT_SCOPE = 0;
    private static final int SERVICE_ACTION_KEY_AT = 8;
    private static final int MOVE_PORT_AT = 18;
    private static final int SPEC_I_PT_AT = 20;
    private static final int MOVE_ID_AT = 24;
    private static final SortedSet<Registrant> NOBODY = new TreeSet<>();

    /** What comes of a command. */
    sealed interface Decision {

        /** RESERVATION CONFLICT. */
        record Conflict() implements Decision {}

        /** CHECK CONDITION. */
        record Refused(SenseData sense) implements Decision {}

        /**
         * GOOD, once it is durable.
         *
         * @param told who hears of what by a unit attention
         * @param preempted whose registrations were removed by another
         */
        record Accepted(Reservations next, List<Told> told, SortedSet<Registrant> preempted)
                implements Decision {}
    }

    /** A unit attention for some registrants. */
    record Told(SortedSet<Registrant> who, AdditionalSense condition) {}

    /** Decides about a command; see {@link Decision}. */
    Decision decide(Cdb.PersistentReserveOut c, ReserveOutList list) {
        return switch (c.operation()) {
            case PERSISTENT_RESERVE_OUT_REGISTER -> register(list);
            case PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE -> setKeys(list);
            case PERSISTENT_RESERVE_OUT_RESERVE -> hasKey(list) ? reserve(c) : conflict();
            case PERSISTENT_RESERVE_OUT_RELEASE -> hasKey(list) ? release(c) : conflict();
            case PERSISTENT_RESERVE_OUT_CLEAR -> hasKey(list) ? clear() : conflict();
            case PERSISTENT_RESERVE_OUT_PREEMPT, PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT ->
                    hasKey(list) ? preempt(c, list.serviceActionKey()) : conflict();
            case PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE -> hasKey(list) ? move(list) : conflict();
            default -> throw new IllegalArgumentException(c.operation().name());
        };
    }

    private boolean isRegistered() {
        return now.keys().containsKey(self);
    }

    private boolean hasKey(ReserveOutList list) {
        return now.hasKey(self, list.key());
    }

    private static Decision conflict() {
        return new Decision.Conflict();
    }

    private static Decision refused(SenseData sense) {
        return new Decision.Refused(sense);
    }

    private static Decision accepted(Reservations next, Told... told) {
        return new Decision.Accepted(next, List.of(told), NOBODY);
    }

    /** REGISTER (§5.13.7.2): who isn't registered yet shows key 0. */
    private Decision register(ReserveOutList list) {
        if (isRegistered() ? !hasKey(list) : list.key() != 0) {
            return conflict();
        }
        if (isRegistered() && !list.transportIds().isEmpty()) {
            return refused(SenseData.invalidParameter(SPEC_I_PT_AT, 3));
        }
        return setKeys(list);
    }

    private Decision setKeys(ReserveOutList list) {
        SortedSet<Registrant> mine = everyPort(list, self);
        if (list.serviceActionKey() == 0) {
            return isRegistered() ? unregister(list, mine) : accepted(now);
        }
        TreeMap<Registrant, Long> keys = new TreeMap<>(now.keys());
        mine.forEach(registrant -> keys.put(registrant, list.serviceActionKey()));
        for (TransportId id : list.transportIds()) {
            for (Registrant named : ports(id)) {
                everyPort(list, named)
                        .forEach(other -> keys.putIfAbsent(other, list.serviceActionKey()));
            }
        }
        return keys.size() > UnitLimits.MAX_REGISTRATIONS
                ? tooMany()
                : accepted(now.with(keys, list.persists()).changed());
    }

    private static Decision tooMany() {
        return refused(
                SenseData.of(
                        SenseKey.ILLEGAL_REQUEST,
                        AdditionalSense.INSUFFICIENT_REGISTRATION_RESOURCES));
    }

    private SortedSet<Registrant> everyPort(ReserveOutList list, Registrant registrant) {
        TreeSet<Registrant> all = new TreeSet<>(Set.of(registrant));
        if (list.allTargetPorts()) {
            targetPorts.forEach(port -> all.add(registrant.at(port)));
        }
        return all;
    }

    /** The initiator ports of a TransportID, at this target port (SPC-4 §7.6.4.6). */
    private Set<Registrant> ports(TransportId id) {
        String name = id.initiatorName().toLowerCase(Locale.ROOT);
        Long isid = id.isid();
        if (isid != null) {
            return Set.of(new Registrant(name, isid, self.targetPort()));
        }
        TreeSet<Registrant> known = new TreeSet<>();
        loggedIn.forEach(registrant -> known.add(registrant.at(self.targetPort())));
        now.keys().keySet().forEach(registrant -> known.add(registrant.at(self.targetPort())));
        known.removeIf(registrant -> !registrant.initiatorName().equals(name));
        return known;
    }

    private Decision unregister(ReserveOutList list, SortedSet<Registrant> mine) {
        Reservations left = now.without(mine);
        return accepted(left.with(left.keys(), list.persists()).changed(), released(left, mine));
    }

    /** Those that may have to take turns hear that a reservation has ended (§5.13.11.2.2). */
    private Told released(Reservations next, Collection<Registrant> exempt) {
        Held before = now.held();
        boolean tells = before != null && next.held() == null && before.type().admitsRegistrants();
        return new Told(
                tells ? next.others(exempt) : NOBODY, AdditionalSense.RESERVATIONS_RELEASED);
    }

    private static Optional<ReservationType> type(Cdb.PersistentReserveOut c) {
        return c.scope() == LOGICAL_UNIT_SCOPE ? ReservationType.of(c.type()) : Optional.empty();
    }

    private static Decision noSuchType(Cdb.PersistentReserveOut c) {
        return refused(SenseData.invalidCdb(2, c.scope() == LOGICAL_UNIT_SCOPE ? 3 : 7));
    }

    /** RESERVE (§5.13.8). */
    private Decision reserve(Cdb.PersistentReserveOut c) {
        Optional<ReservationType> type = type(c);
        if (type.isEmpty()) {
            return noSuchType(c);
        }
        Held held = now.held();
        if (held == null) {
            return accepted(now.heldAs(Held.by(self, type.get())));
        }
        return now.isHeldBy(self) && held.type() == type.get() ? accepted(now) : conflict();
    }

    /** RELEASE (§5.13.11.2.2): who holds nothing releases nothing. */
    private Decision release(Cdb.PersistentReserveOut c) {
        Held held = now.held();
        if (held == null || !now.isHeldBy(self)) {
            return accepted(now);
        }
        if (c.scope() != LOGICAL_UNIT_SCOPE || held.type().code() != c.type()) {
            return refused(
                    SenseData.of(
                            SenseKey.ILLEGAL_REQUEST,
                            AdditionalSense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION));
        }
        Reservations next = now.heldAs(null);
        return accepted(next, released(next, Set.of(self)));
    }

    /** CLEAR (§5.13.11.2.6). */
    private Decision clear() {
        Reservations next = now.without(now.keys().keySet()).changed();
        return accepted(
                next, new Told(now.others(Set.of(self)), AdditionalSense.RESERVATIONS_PREEMPTED));
    }

    /** PREEMPT (§5.13.11.2.4): takes the reservation over, or only removes registrations. */
    private Decision preempt(Cdb.PersistentReserveOut c, long victim) {
        Held held = now.held();
        boolean all = held != null && held.type().isHeldByAll();
        if (all ? victim == 0 : now.isHeldUnder(victim)) {
            return takeOver(c, all ? now.others(Set.of(self)) : now.with(victim));
        }
        if (victim == 0) {
            return refused(SenseData.invalidParameter(SERVICE_ACTION_KEY_AT, -1));
        }
        SortedSet<Registrant> removed = now.with(victim);
        if (removed.isEmpty()) {
            return conflict();
        }
        return preempted(now.without(removed).changed(), removed, NOBODY);
    }

    private Decision takeOver(Cdb.PersistentReserveOut c, SortedSet<Registrant> victims) {
        Optional<ReservationType> type = type(c);
        if (type.isEmpty()) {
            return noSuchType(c);
        }
        SortedSet<Registrant> removed = new TreeSet<>(victims);
        removed.remove(self);
        Held held = now.held();
        boolean otherType = held != null && held.type() != type.get();
        Reservations next = now.without(removed).heldAs(Held.by(self, type.get())).changed();
        return preempted(next, removed, otherType ? next.others(Set.of(self)) : NOBODY);
    }

    private Decision preempted(
            Reservations next, SortedSet<Registrant> removed, SortedSet<Registrant> released) {
        TreeSet<Registrant> others = new TreeSet<>(removed);
        others.remove(self);
        return new Decision.Accepted(
                next,
                List.of(
                        new Told(others, AdditionalSense.REGISTRATIONS_PREEMPTED),
                        new Told(released, AdditionalSense.RESERVATIONS_RELEASED)),
                others);
    }

    /** REGISTER AND MOVE (§5.13.9, §6.16.4). */
    private Decision move(ReserveOutList list) {
        Held held = now.held();
        if (held == null) {
            return refused(SenseData.invalidCdb(1, 4));
        }
        if (!self.equals(held.holder())) {
            return conflict();
        }
        TransportId id = list.transportIds().getFirst();
        Long isid = id.isid();
        if (list.serviceActionKey() == 0) {
            return refused(SenseData.invalidParameter(SERVICE_ACTION_KEY_AT, -1));
        }
        if (!targetPorts.contains(list.relativeTargetPort())) {
            return refused(SenseData.invalidParameter(MOVE_PORT_AT, -1));
        }
        Registrant to =
                new Registrant(
                        id.initiatorName().toLowerCase(Locale.ROOT),
                        isid == null ? 0 : isid,
                        list.relativeTargetPort());
        if (to.equals(self)) {
            return refused(SenseData.invalidParameter(MOVE_ID_AT, -1));
        }
        SortedMap<Registrant, Long> keys = new TreeMap<>(now.keys());
        keys.put(to, list.serviceActionKey());
        if (keys.size() > UnitLimits.MAX_REGISTRATIONS) {
            return tooMany();
        }
        Reservations moved =
                now.with(keys, list.persists()).heldAs(Held.by(to, held.type())).changed();
        return accepted(list.unregister() ? moved.without(Set.of(self)) : moved);
    }
}
