package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.iscsi.scsi.ReserveInData;
import dev.lunaria.iscsi.scsi.ReserveOutList;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.target.device.Reservations.Held;
import dev.lunaria.target.device.ReserveOut.Decision;
import dev.lunaria.target.device.ReserveOut.Told;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A unit's reservations at work: PERSISTENT RESERVE IN and OUT, RESERVE(6) and RELEASE(6), and who
 * is kept out by them.
 *
 * <p>Any thread. Changes take turns on the unit's pool, guarded by {@link #changing}, and are
 * durable before they are answered; whoever only reads and writes looks at two volatile fields.
 * What RESERVE(6) reserves is not kept: it ends with its nexus (SPC-2 §5.5.1).
 */
final class UnitReservations {
    private final LogicalUnit unit;
    private final ReservationStates states;
    private final Set<Integer> targetPorts;
    private final ReentrantLock changing = new ReentrantLock();
    private final AtomicReference<@Nullable ItlNexus> reserver = new AtomicReference<>();

    UnitReservations(LogicalUnit unit, ReservationStates states, Set<Integer> targetPorts) {
        this.unit = unit;
        this.states = states;
        this.targetPorts = targetPorts;
    }

    /** Whether a command is answered RESERVATION CONFLICT. */
    boolean conflict(Cdb cdb, ItlNexus nexus) {
        ItlNexus exclusive = reserver.get();
        Reservations now = states.current();
        Held held = now.held();
        if (exclusive == null && held == null) {
            return false;
        }
        if (exclusive != null && exclusive != nexus && Reserved.bySomebodyElse(cdb)) {
            return true;
        }
        return held != null && isKeptOut(Reserved.by(cdb), held.type(), now, nexus.registrant());
    }

    private static boolean isKeptOut(
            Reserved needs, ReservationType type, Reservations now, Registrant registrant) {
        boolean reserved =
                switch (needs) {
                    case NOTHING -> false;
                    case READING -> type.reservesReads();
                    case WRITING -> true;
                };
        boolean admitted =
                type.admitsRegistrants()
                        ? now.keys().containsKey(registrant)
                        : now.isHeldBy(registrant);
        return reserved && !admitted;
    }

    /** PERSISTENT RESERVE IN (SPC-4 §6.15). */
    void in(Task task, Cdb.PersistentReserveIn c) {
        if (reserver.get() != null) {
            task.status(ScsiStatus.RESERVATION_CONFLICT);
        } else {
            task.good(data(c.operation()).encode(), c.allocationLength());
        }
    }

    private ReserveInData data(OperationCode operation) {
        Reservations now = states.current();
        int generation = (int) now.generation();
        Held held = now.held();
        return switch (operation) {
            case PERSISTENT_RESERVE_IN_READ_KEYS ->
                    new ReserveInData.Keys(generation, List.copyOf(now.keys().values()));
            case PERSISTENT_RESERVE_IN_READ_RESERVATION ->
                    new ReserveInData.Reservation(
                            generation,
                            held == null ? null : held.type(),
                            held == null || held.holder() == null
                                    ? 0
                                    : now.keys().getOrDefault(held.holder(), 0L));
            case PERSISTENT_RESERVE_IN_REPORT_CAPABILITIES ->
                    new ReserveInData.Capabilities(now.persists());
            case PERSISTENT_RESERVE_IN_READ_FULL_STATUS -> fullStatus(now, generation);
            default -> throw new IllegalArgumentException(operation.name());
        };
    }

    private static ReserveInData fullStatus(Reservations now, int generation) {
        List<ReserveInData.Registration> all = new ArrayList<>();
        now.keys()
                .forEach((registrant, key) -> {
                    Held held = now.isHeldBy(registrant) ? now.held() : null;
                    all.add(
                            new ReserveInData.Registration(
                                    registrant.transportId(),
                                    registrant.targetPort(),
                                    key,
                                    held == null ? null : held.type()));
                });
        return new ReserveInData.FullStatus(generation, all);
    }

    /** PERSISTENT RESERVE OUT (SPC-4 §6.16). */
    void out(Task task, Cdb.PersistentReserveOut c, ByteBuffer dataOut) throws CheckCondition {
        ReserveOutList list = ReserveOutList.parse(c.operation(), dataOut);
        unit.onPool(task, () -> change(task, c, list));
    }

    private void change(Task task, Cdb.PersistentReserveOut c, ReserveOutList list)
            throws StoreException {
        Decision decision = decide(task, c, list);
        switch (decision) {
            case Decision.Conflict _ -> task.status(ScsiStatus.RESERVATION_CONFLICT);
            case Decision.Refused(SenseData sense) -> task.check(sense);
            case Decision.Accepted accepted -> {
                if (c.operation() == OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT) {
                    abortPreempted(task, unit.attached(accepted.preempted()));
                } else {
                    task.good();
                }
            }
        }
    }

    /** Decides, and makes it durable; who is told of it hears of it before the answer. */
    private Decision decide(Task task, Cdb.PersistentReserveOut c, ReserveOutList list)
            throws StoreException {
        changing.lock();
        try {
            while (reserver.get() == null) {
                Reservations now = states.current();
                ReserveOut out =
                        new ReserveOut(
                                now, task.nexus().registrant(), targetPorts, unit.registrants());
                Decision decision = out.decide(c, list);
                if (!(decision instanceof Decision.Accepted accepted)) {
                    return decision;
                }
                // Only a fence comes in between: it doesn't wait for commands.
                if (states.change(now, accepted.next())) {
                    accepted.told().forEach(this::tell);
                    return decision;
                }
            }
            return new Decision.Conflict();
        } finally {
            changing.unlock();
        }
    }

    /**
     * PREEMPT AND ABORT is answered when nothing of those it preempted can reach the store any more
     * (§5.13.11.2.5); or when somebody aborts it meanwhile, who may be waiting for the same.
     */
    private void abortPreempted(Task task, List<ItlNexus> preempted) {
        AtomicBoolean answered = new AtomicBoolean();
        Runnable answer =
                () -> {
                    if (answered.compareAndSet(false, true)) {
                        task.good();
                    }
                };
        task.nexus().waiting(answer);
        unit.abort(
                preempted,
                () -> {
                    task.nexus().waited(answer);
                    answer.run();
                });
    }

    private void tell(Told told) {
        unit.attention(told.who(), told.condition());
    }

    /**
     * An initiator was fenced, and its registrations were removed: who shares a reservation that
     * ended thereby hears of it.
     */
    void fenced(Reservations before, String initiatorName) {
        Held held = before.held();
        Reservations after = before.withoutInitiator(initiatorName);
        if (held != null && after.held() == null && held.type().admitsRegistrants()) {
            unit.attention(
                    new TreeSet<>(after.keys().keySet()), AdditionalSense.RESERVATIONS_RELEASED);
        }
    }

    /** RESERVE(6) (SPC-2 §7.21): refused once anybody is registered (SPC-4 §5.13.3). */
    void reserve(Task task) {
        unit.onPool(
                task,
                () -> {
                    boolean reserved;
                    changing.lock();
                    try {
                        reserved =
                                states.current().keys().isEmpty()
                                        && (reserver.compareAndSet(null, task.nexus())
                                                || reserver.get() == task.nexus());
                    } finally {
                        changing.unlock();
                    }
                    task.status(reserved ? ScsiStatus.GOOD : ScsiStatus.RESERVATION_CONFLICT);
                });
    }

    /** RELEASE(6) (SPC-2 §7.19): who has reserved nothing releases nothing. */
    void release(Task task) {
        boolean registered = !states.current().keys().isEmpty();
        nexusLost(task.nexus());
        task.status(registered ? ScsiStatus.RESERVATION_CONFLICT : ScsiStatus.GOOD);
    }

    /** What a nexus reserved by RESERVE(6) ends with it. */
    void nexusLost(ItlNexus nexus) {
        reserver.compareAndSet(nexus, null);
    }

    /** A reset ends what RESERVE(6) reserved, and no persistent reservation (SAM-5 §6.3.3). */
    void reset() {
        reserver.set(null);
    }
}
