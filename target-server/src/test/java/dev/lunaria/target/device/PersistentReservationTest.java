package dev.lunaria.target.device;

import static dev.lunaria.target.device.Outcomes.assertCheck;
import static dev.lunaria.target.device.Outcomes.assertGood;
import static dev.lunaria.target.device.Outcomes.assertStatus;
import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.iscsi.scsi.ReserveInData;
import dev.lunaria.iscsi.scsi.ReserveOutList;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.scsi.TransportId;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Persistent reservations (SPC-4 §5.13, §6.15, §6.16) and RESERVE(6) (SPC-2 §5.5.1). */
class PersistentReservationTest {
    private static final long A_KEY = 0xa;
    private static final long B_KEY = 0xb;
    private static final long C_KEY = 0xc;
    private static final Cdb READ = new Cdb.Read(OperationCode.READ_10, 0, 1, false, false);
    private static final Cdb WRITE = new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false);
    private static final Cdb FLUSH =
            new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_10, 0, 0, false);

    private final UnitRig rig = new UnitRig().inUse();
    private final Initiator a = rig.login("a");
    private final Initiator b = rig.login("b");
    private final Initiator c = rig.login("c");

    private static Outcome out(
            Initiator who, OperationCode operation, int type, ReserveOutList list) {
        ByteBuffer bytes = list.encode(operation);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
        return who.send(
                new Cdb.PersistentReserveOut(operation, 0, type, direct.remaining()), direct);
    }

    private static Outcome register(Initiator who, long key, long newKey) {
        return out(
                who,
                OperationCode.PERSISTENT_RESERVE_OUT_REGISTER,
                0,
                ReserveOutList.of(key, newKey, false, false));
    }

    private static Outcome reserve(Initiator who, long key, ReservationType type) {
        return out(
                who,
                OperationCode.PERSISTENT_RESERVE_OUT_RESERVE,
                type.code(),
                ReserveOutList.of(key, 0, false, false));
    }

    private static Outcome release(Initiator who, long key, ReservationType type) {
        return out(
                who,
                OperationCode.PERSISTENT_RESERVE_OUT_RELEASE,
                type.code(),
                ReserveOutList.of(key, 0, false, false));
    }

    private static Outcome preempt(Initiator who, long key, long victim, ReservationType type) {
        return out(
                who,
                OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT,
                type.code(),
                ReserveOutList.of(key, victim, false, false));
    }

    private static List<Long> keys(Initiator who) {
        ByteBuffer data =
                who.send(
                                new Cdb.PersistentReserveIn(
                                        OperationCode.PERSISTENT_RESERVE_IN_READ_KEYS, 4096))
                        .buffer();
        List<Long> keys = new ArrayList<>();
        data.position(8);
        while (data.hasRemaining()) {
            keys.add(data.getLong());
        }
        return keys;
    }

    private static ReserveInData.Reservation reservation(Initiator who) {
        return ReserveInData.Reservation.parse(
                who.send(
                                new Cdb.PersistentReserveIn(
                                        OperationCode.PERSISTENT_RESERVE_IN_READ_RESERVATION, 64))
                        .buffer());
    }

    private static void assertConflict(Outcome outcome) {
        assertStatus(outcome, ScsiStatus.RESERVATION_CONFLICT);
    }

    private static void assertAttention(Initiator who, AdditionalSense condition) {
        assertCheck(who.send(new Cdb.TestUnitReady()), SenseKey.UNIT_ATTENTION, condition);
        assertGood(who.send(new Cdb.TestUnitReady()));
    }

    private void registerBoth() {
        assertGood(register(a, 0, A_KEY));
        assertGood(register(b, 0, B_KEY));
    }

    /** The table of SPC-4 §5.13.1, and SBC-3 §4.17: columns by type, rows by who asks. */
    @ParameterizedTest
    @EnumSource
    void who_may_read_and_write_under_each_type(ReservationType type) {
        registerBoth();
        assertGood(reserve(a, A_KEY, type));
        boolean registrants = type.admitsRegistrants();
        check(a, true, true);
        check(b, registrants || !type.reservesReads(), registrants);
        check(c, !type.reservesReads(), false);
    }

    private static void check(Initiator who, boolean reads, boolean writes) {
        ScsiStatus reading = reads ? ScsiStatus.GOOD : ScsiStatus.RESERVATION_CONFLICT;
        ScsiStatus writing = writes ? ScsiStatus.GOOD : ScsiStatus.RESERVATION_CONFLICT;
        Outcome read = who.send(READ);
        assertStatus(read, reading);
        read.data();
        assertStatus(who.send(new Cdb.Verify(OperationCode.VERIFY_10, 0, 1, false, 0)), reading);
        assertStatus(
                who.send(
                        new Cdb.ModeSense(
                                OperationCode.MODE_SENSE_6, false, false, 0, 0x3f, 0, 255)),
                reading);
        assertStatus(who.send(WRITE, filled(BLOCK, 1)), writing);
        assertStatus(who.send(FLUSH), writing);
        assertStatus(
                who.send(new Cdb.CompareAndWrite(0, 1, false, false), filled(2 * BLOCK, 1)),
                writing);
        // Allowed to everybody, whatever is reserved.
        assertGood(who.send(new Cdb.TestUnitReady()));
        assertGood(who.send(new Cdb.Inquiry(false, 0, 96)));
        assertGood(who.send(new Cdb.ReportLuns(0, 16)));
        assertGood(who.send(new Cdb.ReadCapacity16(32)));
        assertGood(
                who.send(
                        new Cdb.PersistentReserveIn(
                                OperationCode.PERSISTENT_RESERVE_IN_READ_KEYS, 64)));
    }

    @Test
    void a_write_that_was_admitted_before_the_reservation_is_refused_when_its_data_is_there() {
        assertGood(register(a, 0, A_KEY));
        boolean[] reserved = {false};
        Outcome outcome =
                c.sendLater(
                        WRITE,
                        filled(BLOCK, 7),
                        () -> {
                            assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
                            reserved[0] = true;
                        });
        assertThat(reserved[0]).isTrue();
        assertConflict(outcome);
        assertThat(a.send(READ).data()).containsOnly(0);
    }

    @Test
    void who_isnt_registered_shows_key_zero_and_who_is_shows_its_own() {
        assertConflict(register(a, A_KEY, B_KEY));
        assertGood(register(a, 0, A_KEY));
        assertConflict(register(a, 0, B_KEY));
        assertConflict(register(a, B_KEY, B_KEY));
        assertGood(register(a, A_KEY, B_KEY));
        assertThat(keys(b)).containsExactly(B_KEY);
        assertGood(register(a, B_KEY, 0));
        assertThat(keys(b)).isEmpty();
        // Nothing to unregister: GOOD, and nothing happens (SPC-4 §5.13.7.2).
        assertGood(register(a, 0, 0));
        assertThat(rig.reservations.current().generation()).isEqualTo(3);
    }

    @Test
    void REGISTER_AND_IGNORE_EXISTING_KEY_asks_for_no_key() {
        assertGood(register(a, 0, A_KEY));
        assertGood(
                out(
                        a,
                        OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE,
                        0,
                        ReserveOutList.of(0x123, B_KEY, false, false)));
        assertThat(keys(a)).containsExactly(B_KEY);
    }

    @Test
    void a_second_reservation_conflicts_but_the_same_by_its_holder_is_good() {
        registerBoth();
        assertConflict(reserve(c, C_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertConflict(reserve(a, B_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertConflict(reserve(a, A_KEY, ReservationType.EXCLUSIVE_ACCESS));
        assertConflict(reserve(b, B_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertThat(reservation(c).key()).isEqualTo(A_KEY);
        assertThat(reservation(c).type()).isEqualTo(ReservationType.WRITE_EXCLUSIVE);
    }

    @Test
    void every_registrant_holds_a_reservation_of_all_registrants_until_the_last_is_gone() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS));
        assertGood(reserve(b, B_KEY, ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS));
        assertThat(reservation(c).key()).isZero();
        assertGood(register(a, A_KEY, 0));
        assertThat(reservation(c).type())
                .isEqualTo(ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS);
        assertGood(register(b, B_KEY, 0));
        assertThat(reservation(c).type()).isNull();
        assertGood(c.send(new Cdb.TestUnitReady()));
    }

    @Test
    void RELEASE_by_others_does_nothing_and_of_another_type_is_refused() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertConflict(release(c, C_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertGood(release(b, B_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertThat(reservation(b).type()).isNotNull();
        assertCheck(
                release(a, A_KEY, ReservationType.EXCLUSIVE_ACCESS),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION);
        assertGood(release(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertThat(reservation(b).type()).isNull();
        assertGood(b.send(new Cdb.TestUnitReady()));
    }

    @Test
    void registrants_hear_that_a_reservation_of_registrants_was_released() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY));
        assertGood(release(a, A_KEY, ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY));
        assertAttention(b, AdditionalSense.RESERVATIONS_RELEASED);
        assertGood(a.send(new Cdb.TestUnitReady()));
        assertGood(c.send(new Cdb.TestUnitReady()));
        assertGood(reserve(a, A_KEY, ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY));
        assertGood(register(a, A_KEY, 0));
        assertAttention(b, AdditionalSense.RESERVATIONS_RELEASED);
    }

    @Test
    void CLEAR_removes_everything_and_tells_the_others() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.EXCLUSIVE_ACCESS));
        assertGood(
                out(
                        b,
                        OperationCode.PERSISTENT_RESERVE_OUT_CLEAR,
                        0,
                        ReserveOutList.of(B_KEY, 0, false, false)));
        assertAttention(a, AdditionalSense.RESERVATIONS_PREEMPTED);
        assertThat(keys(b)).isEmpty();
        assertThat(reservation(b).type()).isNull();
    }

    @Test
    void PREEMPT_takes_the_reservation_over_and_tells_whom_it_removed() {
        registerBoth();
        assertGood(register(c, 0, C_KEY));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertGood(preempt(b, B_KEY, A_KEY, ReservationType.EXCLUSIVE_ACCESS));
        assertAttention(a, AdditionalSense.REGISTRATIONS_PREEMPTED);
        assertAttention(c, AdditionalSense.RESERVATIONS_RELEASED);
        assertThat(keys(c)).containsExactlyInAnyOrder(B_KEY, C_KEY);
        assertThat(reservation(c).key()).isEqualTo(B_KEY);
        assertConflict(a.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void PREEMPT_of_who_holds_nothing_only_removes_its_registration() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertGood(preempt(a, A_KEY, B_KEY, ReservationType.EXCLUSIVE_ACCESS));
        assertAttention(b, AdditionalSense.REGISTRATIONS_PREEMPTED);
        assertThat(reservation(a).type()).isEqualTo(ReservationType.WRITE_EXCLUSIVE);
        assertConflict(preempt(a, A_KEY, C_KEY, ReservationType.WRITE_EXCLUSIVE));
        assertCheck(
                preempt(a, A_KEY, 0, ReservationType.WRITE_EXCLUSIVE),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INVALID_FIELD_IN_PARAMETER_LIST);
    }

    @Test
    void PREEMPT_of_key_zero_takes_a_reservation_of_all_registrants_over() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS));
        assertGood(preempt(b, B_KEY, 0, ReservationType.WRITE_EXCLUSIVE));
        assertThat(keys(c)).containsExactly(B_KEY);
        assertThat(reservation(c).key()).isEqualTo(B_KEY);
        assertAttention(a, AdditionalSense.REGISTRATIONS_PREEMPTED);
    }

    /** SPC-4 §5.13.11.2.5, and traps of late writes: the answer is the fence. */
    @Test
    void PREEMPT_AND_ABORT_is_answered_only_after_the_drain_of_whom_it_preempted() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        a.holdingDrain = true;
        Outcome outcome = preemptAndAbort(b, B_KEY, A_KEY);
        assertThat(a.aborted).isEqualTo(1);
        assertThat(c.aborted).isZero();
        assertThat(outcome.isThere()).isFalse();
        a.draining.remove().run();
        assertGood(outcome);
    }

    private static Outcome preemptAndAbort(Initiator who, long key, long victim) {
        return out(
                who,
                OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT,
                ReservationType.WRITE_EXCLUSIVE.code(),
                ReserveOutList.of(key, victim, false, false));
    }

    @Test
    void two_that_preempt_and_abort_each_other_dont_wait_for_each_other_for_ever() {
        registerBoth();
        a.holdingDrain = true;
        Outcome first = preemptAndAbort(b, B_KEY, A_KEY);
        assertThat(first.isThere()).isFalse();
        assertAttention(a, AdditionalSense.REGISTRATIONS_PREEMPTED);
        assertGood(register(a, 0, A_KEY));
        // The first waits for a task of a's; this one is such a task, and waits for the first.
        assertGood(preemptAndAbort(a, A_KEY, B_KEY));
        assertThat(first.isThere()).as("ended by its own abortion").isTrue();
        a.draining.forEach(Runnable::run);
    }

    @Test
    void REGISTER_AND_MOVE_hands_the_reservation_to_another_port() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        TransportId to = new TransportId("iqn.2026-11.dev.lunaria:c", UnitRig.ISID);
        ReserveOutList list = new ReserveOutList(A_KEY, C_KEY, false, false, true, 1, List.of(to));
        OperationCode move = OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE;
        assertConflict(
                out(b, move, 0, new ReserveOutList(B_KEY, 9, false, false, false, 1, List.of(to))));
        assertGood(out(a, move, 0, list));
        assertThat(keys(a)).containsExactlyInAnyOrder(B_KEY, C_KEY);
        assertGood(c.send(WRITE, filled(BLOCK, 1)));
        assertConflict(a.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void ALL_TG_PT_registers_at_every_target_port_and_SPEC_I_PT_others_as_well() {
        TransportId port = new TransportId("iqn.2026-11.dev.lunaria:x", 0x42L);
        TransportId all = new TransportId("iqn.2026-11.dev.lunaria:b", null);
        assertGood(
                out(
                        a,
                        OperationCode.PERSISTENT_RESERVE_OUT_REGISTER,
                        0,
                        new ReserveOutList(0, A_KEY, true, false, false, 0, List.of(port, all))));
        assertThat(rig.reservations.current().keys().keySet())
                .containsExactlyInAnyOrder(
                        new Registrant("iqn.2026-11.dev.lunaria:a", UnitRig.ISID, 1),
                        new Registrant("iqn.2026-11.dev.lunaria:a", UnitRig.ISID, 2),
                        new Registrant("iqn.2026-11.dev.lunaria:b", UnitRig.ISID, 1),
                        new Registrant("iqn.2026-11.dev.lunaria:b", UnitRig.ISID, 2),
                        new Registrant("iqn.2026-11.dev.lunaria:x", 0x42L, 1),
                        new Registrant("iqn.2026-11.dev.lunaria:x", 0x42L, 2));
        ByteBuffer status =
                a.send(
                                new Cdb.PersistentReserveIn(
                                        OperationCode.PERSISTENT_RESERVE_IN_READ_FULL_STATUS, 4096))
                        .buffer();
        assertThat(status.getInt(4)).isEqualTo(status.remaining() - 8);
        assertThat(status.getLong(8)).isEqualTo(A_KEY);
    }

    @Test
    void the_same_initiator_port_at_another_target_port_is_another_nexus() {
        assertGood(register(a, 0, A_KEY));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        Initiator second = rig.loginFresh("a", 1, false, 2);
        second.send(new Cdb.TestUnitReady());
        assertConflict(second.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void they_survive_logout_and_reset_and_are_found_by_the_same_nexus() {
        assertGood(register(a, 0, A_KEY));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        a.device.nexusLost();
        b.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        b.send(new Cdb.TestUnitReady());
        assertConflict(b.send(WRITE, filled(BLOCK, 1)));
        Initiator again = rig.login("a");
        assertGood(again.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void the_target_remembers_no_registration_that_is_not_durable() {
        rig.reservations.fail(StoreException.Reason.WRITE);
        assertCheck(register(a, 0, A_KEY), SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR);
        rig.reservations.fail(null);
        assertThat(keys(a)).isEmpty();
    }

    @Test
    void a_fence_tells_registrants_whose_reservation_ended_with_it() {
        registerBoth();
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY));
        Reservations before = rig.reservations.current();
        String fenced = "iqn.2026-11.dev.lunaria:a";
        rig.reservations.set(before.withoutInitiator(fenced));
        rig.unit.fenced(before, fenced);
        assertAttention(b, AdditionalSense.RESERVATIONS_RELEASED);
        assertThat(keys(b)).containsExactly(B_KEY);
        assertThat(reservation(b).type()).isNull();
    }

    /** SAM-5 §5.3.3: a reset, then the conflict, then other attentions. */
    @Test
    void a_conflict_goes_before_an_attention_but_not_before_a_reset() {
        assertGood(register(a, 0, A_KEY));
        assertGood(reserve(a, A_KEY, ReservationType.WRITE_EXCLUSIVE));
        rig.unit.capacityChanged();
        assertConflict(b.send(WRITE, filled(BLOCK, 1)));
        assertAttention(b, AdditionalSense.CAPACITY_DATA_CHANGED);
        a.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        assertCheck(
                b.send(WRITE, filled(BLOCK, 1)),
                SenseKey.UNIT_ATTENTION,
                AdditionalSense.DEVICE_RESET);
        assertConflict(b.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void who_may_only_read_keeps_nobody_from_writing() {
        Initiator reader = rig.loginFresh("reader", 1, true);
        reader.send(new Cdb.TestUnitReady());
        Outcome registered = register(reader, 0, A_KEY);
        assertCheck(registered, SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
        assertCheck(
                reader.send(new Cdb.Reserve()),
                SenseKey.DATA_PROTECT,
                AdditionalSense.WRITE_PROTECTED);
        assertGood(reader.send(new Cdb.Release()));
        assertThat(keys(reader)).isEmpty();
        assertGood(b.send(WRITE, filled(BLOCK, 1)));
    }

    @Test
    void RESERVE_6_keeps_everybody_else_out_until_RELEASE_reset_or_nexus_loss() {
        assertGood(a.send(new Cdb.Reserve()));
        assertGood(a.send(new Cdb.Reserve()));
        assertConflict(b.send(new Cdb.Reserve()));
        assertConflict(b.send(READ));
        assertConflict(b.send(new Cdb.TestUnitReady()));
        assertConflict(register(b, 0, B_KEY));
        assertConflict(register(a, 0, A_KEY));
        assertGood(b.send(new Cdb.Inquiry(false, 0, 96)));
        assertGood(b.send(new Cdb.Release()));
        assertConflict(b.send(READ));
        a.send(READ).data();
        assertGood(a.send(new Cdb.Release()));
        assertGood(b.send(new Cdb.Reserve()));
        b.device.nexusLost();
        assertGood(a.send(new Cdb.Reserve()));
        c.device.manage(UnitFunction.LOGICAL_UNIT_RESET, () -> {});
        c.send(new Cdb.TestUnitReady());
        assertGood(c.send(new Cdb.TestUnitReady()));
    }

    /** SPC-4 §5.13.3. */
    @Test
    void RESERVE_6_conflicts_once_anybody_is_registered() {
        assertGood(register(a, 0, A_KEY));
        assertConflict(a.send(new Cdb.Reserve()));
        assertConflict(b.send(new Cdb.Release()));
    }

    @Test
    void lists_of_a_wrong_length_are_refused() {
        for (int length : new int[] {0, 23, 25}) {
            Outcome outcome =
                    a.send(
                            new Cdb.PersistentReserveOut(
                                    OperationCode.PERSISTENT_RESERVE_OUT_REGISTER, 0, 0, length),
                            ByteBuffer.allocateDirect(length));
            assertCheck(
                    outcome, SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
        }
    }

    @Test
    void more_registrations_than_the_unit_keeps_are_refused() {
        List<TransportId> many = new ArrayList<>();
        for (long isid = 0; isid < 128; isid++) {
            many.add(new TransportId("iqn.2026-11.dev.lunaria:x", isid));
        }
        assertThat(Set.copyOf(many)).hasSize(128);
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i <= UnitLimits.MAX_REGISTRATIONS / 128; i++) {
            String name = "iqn.2026-11.dev.lunaria:y" + i;
            List<TransportId> named =
                    many.stream().map(id -> new TransportId(name, id.isid())).toList();
            Outcome outcome =
                    out(
                            a,
                            OperationCode.PERSISTENT_RESERVE_OUT_REGISTER,
                            0,
                            new ReserveOutList(0, A_KEY, false, false, false, 0, named));
            outcomes.add(outcome);
            if (outcome.status() == ScsiStatus.GOOD.code()) {
                assertGood(register(a, A_KEY, 0));
            }
        }
        assertCheck(
                outcomes.getLast(),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INSUFFICIENT_REGISTRATION_RESOURCES);
    }
}
