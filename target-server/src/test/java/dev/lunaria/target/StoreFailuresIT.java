package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.target.FaultyTarget.Unit;
import dev.lunaria.target.LoopbackInitiator.Failed;
import dev.lunaria.target.store.FaultyStore.Kind;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store that fails, through real sessions: each failure becomes the status and sense data that
 * the standard has for it and Linux treats rightly, and touches no other volume of the same server.
 */
class StoreFailuresIT {
    private static final int BUSY = 0x08;
    private static final int CHECK_CONDITION = 0x02;
    private static final int BLOCKS = 8;
    private static final long BYTES = 16 << 20;
    private static final long PATIENCE_SECONDS = 30;

    @TempDir private Path folder = Path.of("");

    private FaultyTarget target;
    private Unit failing;
    private LoopbackInitiator initiator;
    private LoopbackInitiator neighbour;

    @BeforeEach
    void logIn() throws IOException {
        target = new FaultyTarget(folder, 2, BYTES);
        failing = target.unit(0);
        initiator = target.login(failing);
        neighbour = target.login(target.unit(1));
    }

    @AfterEach
    void stop() throws IOException {
        initiator.close();
        neighbour.close();
        target.close();
    }

    private static byte[] filled(int with) {
        byte[] data = new byte[BLOCKS * LoopbackInitiator.BLOCK];
        Arrays.fill(data, (byte) with);
        return data;
    }

    private void write(int with) throws IOException {
        initiator.write(0, filled(with), false);
    }

    /** The other volume is written, flushed and read as if nothing had been. */
    private void assertNeighbourUntouched() throws IOException {
        neighbour.write(64, filled('n'), true);
        neighbour.write(128, filled('m'), false);
        neighbour.flush();
        neighbour.discard(64, BLOCKS);
        assertThat(neighbour.read(64, BLOCKS)).isEqualTo(filled(0));
        assertThat(neighbour.read(128, BLOCKS)).isEqualTo(filled('m'));
    }

    private static void assertSense(
            ThrowingCallable command, SenseKey key, AdditionalSense additional) {
        assertThatThrownBy(command)
                .isInstanceOfSatisfying(
                        Failed.class,
                        failed -> {
                            assertThat(failed.status()).isEqualTo(CHECK_CONDITION);
                            assertThat(failed.sense().key()).isEqualTo(key);
                            assertThat(failed.sense().additional()).isEqualTo(additional);
                        });
    }

    private static void assertBusy(ThrowingCallable command) {
        assertThatThrownBy(command)
                .isInstanceOfSatisfying(
                        Failed.class, failed -> assertThat(failed.status()).isEqualTo(BUSY));
    }

    /** SBC-3 §4.18: MEDIUM ERROR, UNRECOVERED READ ERROR; Linux gives up at once: EIO. */
    @Test
    void a_read_that_fails_is_an_unrecovered_read_error() throws Exception {
        write('a');
        failing.store().fail(Kind.READ, Reason.READ);
        assertSense(
                () -> initiator.read(0, BLOCKS),
                SenseKey.MEDIUM_ERROR,
                AdditionalSense.UNRECOVERED_READ_ERROR);
        assertNeighbourUntouched();

        failing.store().heal();
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('a'));
    }

    @Test
    void a_write_that_fails_is_a_write_error_and_the_next_one_may_succeed() throws Exception {
        failing.store().failOnce(Kind.WRITE, Reason.WRITE);
        assertSense(() -> write('a'), SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR);
        assertNeighbourUntouched();

        write('b');
        initiator.flush();
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('b'));
    }

    @Test
    void a_discard_that_fails_is_a_write_error() throws Exception {
        write('a');
        failing.store().failOnce(Kind.DISCARD, Reason.WRITE);
        assertSense(
                () -> initiator.discard(0, BLOCKS),
                SenseKey.MEDIUM_ERROR,
                AdditionalSense.WRITE_ERROR);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('a'));
        assertNeighbourUntouched();
    }

    /** Rule 11 of durability: Linux tries again, and the second try must not be GOOD. */
    @Test
    void a_flush_that_fails_stays_a_hardware_error_until_the_initiator_detaches() throws Exception {
        write('a');
        failing.store().failOnce(Kind.FLUSH, Reason.FLUSH);
        assertSense(
                initiator::flush, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertSense(
                initiator::flush, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertSense(
                () -> write('b'), SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('a'));
        assertNeighbourUntouched();
    }

    @Test
    void a_durable_write_whose_flush_fails_is_a_hardware_error_too() throws Exception {
        write('a');
        failing.store().failOnce(Kind.WRITE, Reason.FLUSH);
        assertSense(
                () -> initiator.write(64, filled('b'), true),
                SenseKey.HARDWARE_ERROR,
                AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertSense(
                initiator::flush, SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertNeighbourUntouched();
    }

    /** Field reports synology#22 and longhorn#4491: never a medium error, which ext4 dies of. */
    @Test
    void no_space_is_BUSY_for_a_minute_and_then_27h_07h_and_never_a_medium_error()
            throws Exception {
        failing.store().fail(Kind.WRITE, Reason.NO_SPACE);
        for (int seconds = 0; seconds < 60; seconds += 20) {
            assertBusy(() -> write('a'));
            target.pass(Duration.ofSeconds(20));
        }
        assertSense(
                () -> write('a'), SenseKey.DATA_PROTECT, AdditionalSense.SPACE_ALLOCATION_FAILED);
        initiator.flush();
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled(0));
        assertNeighbourUntouched();

        failing.store().heal();
        write('b');
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('b'));
    }

    @Test
    void a_queue_that_is_full_is_BUSY() throws Exception {
        failing.store().fail(Kind.READ, Reason.BUSY);
        assertBusy(() -> initiator.read(0, BLOCKS));
        failing.store().fail(Kind.WRITE, Reason.BUSY);
        assertBusy(() -> write('a'));
        assertNeighbourUntouched();
    }

    @Test
    void a_store_that_is_slow_answers_late_and_nobody_else_waits_for_it() throws Exception {
        failing.store().hold(Kind.WRITE);
        CompletableFuture<Void> written =
                CompletableFuture.runAsync(() -> {
                    try {
                        write('s');
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
        while (failing.store().holding() == 0) {
            Thread.onSpinWait();
        }
        assertNeighbourUntouched();
        assertThat(written).isNotDone();

        failing.store().release();
        written.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('s'));
    }

    /** Somebody has truncated the file: what isn't there is an error, never zeros. */
    @Test
    void a_file_that_became_short_is_an_unrecovered_read_error_where_it_ends() throws Exception {
        write('a');
        long cut = BYTES / 2;
        try (var file = new RandomAccessFile(failing.file().toFile(), "rw")) {
            file.setLength(cut + LoopbackInitiator.BLOCK);
        }
        assertSense(
                () -> initiator.read(cut / LoopbackInitiator.BLOCK, BLOCKS),
                SenseKey.MEDIUM_ERROR,
                AdditionalSense.UNRECOVERED_READ_ERROR);
        assertThat(initiator.read(0, BLOCKS)).isEqualTo(filled('a'));
        assertNeighbourUntouched();
    }
}
