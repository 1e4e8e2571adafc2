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
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Durability and space: what is answered when a flush or a write fails. */
class FlushAndSpaceTest {
    private final UnitRig rig = new UnitRig().inUse();
    private final Initiator writer = rig.login("writer");
    private final Initiator reader = rig.login("reader");

    private static Outcome write(Initiator node) {
        return node.send(
                new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false), filled(BLOCK, 'm'));
    }

    private static Outcome flush(Initiator node, boolean immediate) {
        return node.send(
                new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_16, 0, 0, immediate));
    }

    private static void assertLatched(Outcome outcome) {
        assertCheck(outcome, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
    }

    @Test
    void SYNCHRONIZE_CACHE_with_IMMED_answers_only_when_durable_too() {
        write(writer);
        rig.store.hold();
        Outcome flushing = flush(writer, true);
        assertThat(flushing.isThere()).isFalse();
        rig.store.release();
        assertGood(flushing);
    }

    @Test
    void after_a_failed_flush_who_had_unflushed_writes_is_refused_until_it_detaches() {
        write(writer);
        rig.store.failFlushes(Reason.FLUSH);
        assertLatched(flush(reader, false));
        rig.store.failFlushes(null);
        assertLatched(write(writer));
        assertLatched(flush(writer, false));
        assertGood(writer.send(new Cdb.Read(OperationCode.READ_10, 0, 1, false, false)));
    }

    @Test
    void after_a_failed_flush_who_had_nothing_to_lose_goes_on() {
        write(writer);
        rig.store.failFlushes(Reason.FLUSH);
        flush(writer, false);
        rig.store.failFlushes(null);
        assertGood(write(reader));
        assertGood(flush(reader, false));
    }

    @Test
    void what_was_flushed_before_is_not_lost_by_a_later_failure() {
        write(writer);
        assertGood(flush(reader, false));
        rig.store.failFlushes(Reason.FLUSH);
        flush(reader, false);
        rig.store.failFlushes(null);
        assertGood(write(writer));
    }

    @Test
    void a_write_that_runs_while_a_flush_fails_has_something_to_lose() {
        rig.store.hold();
        Outcome running = write(writer);
        rig.unit.flushFailed();
        rig.store.release();
        assertGood(running);
        assertLatched(write(writer));
    }

    @Test
    void a_flush_that_succeeds_because_one_before_it_failed_is_not_GOOD() {
        write(writer);
        rig.store.hold();
        Outcome second = flush(writer, false);
        rig.unit.flushFailed();
        rig.store.release();
        assertLatched(second);
    }

    @Test
    void a_session_that_comes_back_under_the_same_grant_has_not_detached() {
        write(writer);
        writer.device.nexusLost();
        rig.store.failFlushes(Reason.FLUSH);
        flush(reader, false);
        rig.store.failFlushes(null);
        Initiator again = rig.login("writer");
        assertLatched(write(again));
    }

    @Test
    void a_session_that_comes_back_through_another_portal_has_not_detached() {
        write(writer);
        writer.device.nexusLost();
        rig.store.failFlushes(Reason.FLUSH);
        flush(reader, false);
        rig.store.failFlushes(null);
        Initiator again = rig.loginFresh("writer", 1, false, 2);
        assertCheck(
                again.send(new Cdb.TestUnitReady()),
                SenseKey.UNIT_ATTENTION,
                AdditionalSense.NEXUS_LOSS);
        assertLatched(write(again));
    }

    @Test
    void a_session_that_logs_out_has_detached_and_a_fresh_attach_works() {
        write(writer);
        rig.store.failFlushes(Reason.FLUSH);
        flush(writer, false);
        rig.store.failFlushes(null);
        assertLatched(write(writer));
        writer.device.loggedOut();
        writer.device.nexusLost();
        assertGood(write(rig.login("writer")));
    }

    @Test
    void a_fresh_grant_starts_afresh() {
        write(writer);
        rig.store.failFlushes(Reason.FLUSH);
        flush(writer, false);
        rig.store.failFlushes(null);
        writer.device.nexusLost();
        Initiator later = rig.loginFresh("writer", 2, false);
        later.send(new Cdb.TestUnitReady());
        assertGood(write(later));
    }

    @Test
    void a_failed_FUA_write_is_a_failed_flush() {
        write(writer);
        rig.store.failFlushes(Reason.FLUSH);
        var fua = new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, true);
        assertLatched(reader.send(fua, filled(BLOCK, 1)));
        rig.store.failFlushes(null);
        assertLatched(write(writer));
    }

    /** Field reports synology#22 and longhorn#4491: the pool fills and filesystems die. */
    @Test
    void a_full_pool_is_BUSY_for_a_minute_and_then_27h_07h() {
        rig.store.fail(Reason.NO_SPACE);
        for (int seconds = 0; seconds < 60; seconds += 20) {
            assertStatus(write(writer), ScsiStatus.BUSY);
            rig.pass(Duration.ofSeconds(20));
        }
        assertCheck(write(writer), SenseKey.DATA_PROTECT, AdditionalSense.SPACE_ALLOCATION_FAILED);
    }

    @Test
    void space_that_returns_in_time_costs_nothing_and_the_minute_begins_anew() {
        rig.store.fail(Reason.NO_SPACE);
        assertStatus(write(writer), ScsiStatus.BUSY);
        rig.pass(Duration.ofSeconds(30));
        rig.store.fail(null);
        assertGood(write(writer));
        rig.pass(Duration.ofMinutes(10));
        rig.store.fail(Reason.NO_SPACE);
        assertStatus(write(writer), ScsiStatus.BUSY);
    }

    @Test
    void store_failures_become_sense_data_by_one_map() {
        rig.store.fail(Reason.READ);
        assertCheck(
                writer.send(new Cdb.Read(OperationCode.READ_10, 0, 1, false, false)),
                SenseKey.MEDIUM_ERROR,
                AdditionalSense.UNRECOVERED_READ_ERROR);
        rig.store.fail(Reason.WRITE);
        assertCheck(write(writer), SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR);
        rig.store.fail(Reason.BUSY);
        assertStatus(write(writer), ScsiStatus.BUSY);
        rig.store.close();
        assertStatus(write(writer), ScsiStatus.BUSY);
        assertStatus(flush(writer, false), ScsiStatus.BUSY);
    }

    @Test
    void STOP_makes_durable_what_was_written_and_leaves_the_disk_running() {
        write(writer);
        assertGood(writer.send(new Cdb.StartStopUnit(false, 0, 0, false, false, false)));
        assertThat(rig.store.flushes()).isEqualTo(1);
        assertGood(write(writer));
        assertThat(writer.send(new Cdb.StartStopUnit(false, 0, 0, false, true, false)).sense())
                .isEqualTo(SenseData.invalidCdb(4, 1));
    }
}
