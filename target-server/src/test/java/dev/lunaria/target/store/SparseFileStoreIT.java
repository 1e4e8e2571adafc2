package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.PageCache;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real sparse file. */
class SparseFileStoreIT extends BlockStoreContract {

    private static final int MAX_OPERATIONS = 512;

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(4, MAX_OPERATIONS);

    @AfterEach
    void stopThreads() {
        threads.close();
        assertThat(threads.operations()).isZero();
    }

    @Override
    protected SparseFileStore store() throws IOException {
        Path file = file();
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(SIZE);
        }
        return SparseFileStore.open(file, SIZE, threads);
    }

    private Path file() {
        return folder.resolve("data");
    }

    @Test
    void small_reads_from_the_page_cache_are_answered_at_once() throws IOException {
        try (SparseFileStore store = store()) {
            assertThat(write(store, 0, random(4096), false)).isNull();
            ByteBuffer into = ByteBuffer.allocateDirect(4096);
            assertThat(store.read(0, into, new Outcome())).isInstanceOf(ReadAnswer.Filled.class);
            assertThat(into).isEqualTo(direct(random(4096)));
        }
    }

    @Test
    void a_completion_that_throws_takes_no_others_with_it() throws IOException {
        try (SparseFileStore store = store()) {
            CountDownLatch gathered = new CountDownLatch(1);
            List<Outcome> behind = new ArrayList<>();
            store.write(0, direct(random(4096)), false, throwing(gathered));
            store.flush(throwing(new CountDownLatch(0)));
            for (int i = 0; i < 10; i++) {
                Outcome written = new Outcome();
                store.write(0, direct(random(4096)), false, throwing(new CountDownLatch(0)));
                store.write(0, direct(random(4096)), false, written);
                behind.add(written);
            }
            gathered.countDown();
            for (Outcome written : behind) {
                assertThat(written.await()).isNull();
            }
            assertThat(flush(store)).isNull();
        }
    }

    private static BlockStore.StoreCompletion throwing(CountDownLatch first) {
        return new BlockStore.StoreCompletion() {
            @Override
            public void done() {
                try {
                    first.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new IllegalStateException("a completion that throws");
            }

            @Override
            public void failed(StoreException cause) {
                throw new IllegalStateException(cause);
            }
        };
    }

    @Test
    void large_reads_from_the_page_cache_are_a_range_of_the_file() throws IOException {
        try (SparseFileStore store = store()) {
            int length = SparseFileStore.FILE_RANGE_BYTES;
            assertThat(write(store, 4096, random(length), false)).isNull();
            ReadAnswer answer = store.read(4096, ByteBuffer.allocateDirect(length), new Outcome());
            assumeTrue(PageCache.isSupported(), "the kernel has no cachestat(2): Linux 6.5");
            assertThat(answer)
                    .isInstanceOfSatisfying(
                            ReadAnswer.FileRange.class,
                            range -> assertThat(range.position()).isEqualTo(4096));
        }
    }

    @Test
    void large_reads_that_are_not_in_the_page_cache_wait_on_a_store_thread() throws IOException {
        try (SparseFileStore store = store()) {
            int length = 1 << 20;
            Outcome outcome = new Outcome();
            ByteBuffer into = ByteBuffer.allocateDirect(length);
            ReadAnswer answer = store.read(0, into, outcome);
            assumeTrue(PageCache.isSupported(), "the kernel has no cachestat(2): Linux 6.5");
            assertThat(answer).isInstanceOf(ReadAnswer.Pending.class);
            assertThat(outcome.await()).isNull();
            assertThat(into).isEqualTo(ByteBuffer.allocate(length));
        }
    }

    @Test
    void beyond_the_bound_operations_are_refused_as_busy_and_the_rest_goes_on() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        try (SparseFileStore store = store()) {
            for (int i = 0; i < 4; i++) {
                threads.blocking()
                        .execute(() -> {
                            try {
                                stuck.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i <= MAX_OPERATIONS; i++) {
                Outcome outcome = new Outcome();
                outcomes.add(outcome);
                store.write(0, direct(random(512)), false, outcome);
            }
            assertThat(outcomes.getLast().await()).isEqualTo(Reason.BUSY);
            assertThat(outcomes.getFirst().isTold()).isFalse();
            stuck.countDown();
            outcomes.removeLast();
            assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.await()).isNull());
            assertThat(flush(store)).isNull();
        }
    }

    @Test
    void closing_waits_for_what_runs_and_what_was_written_is_in_the_file() throws IOException {
        SparseFileStore store = store();
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            Outcome outcome = new Outcome();
            outcomes.add(outcome);
            store.write(i * 4096L, direct(random(4096)), false, outcome);
        }
        store.close();
        assertThat(outcomes).allMatch(Outcome::isTold);
        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.await()).isNull());
        byte[] bytes = Files.readAllBytes(file());
        assertThat(ByteBuffer.wrap(bytes, 63 * 4096, 4096)).isEqualTo(direct(random(4096)));
    }

    @Test
    void a_file_that_is_missing_or_too_short_is_not_opened() throws IOException {
        assertThatThrownBy(() -> SparseFileStore.open(folder.resolve("none"), SIZE, threads))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ENOENT");
        Files.write(file(), new byte[512]);
        assertThatThrownBy(() -> SparseFileStore.open(file(), SIZE, threads))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("shorter");
    }

    @Test
    void a_full_device_is_no_space_and_not_a_broken_medium() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "/dev/full is missing");
        try (SparseFileStore store = SparseFileStore.open(full, 0, threads)) {
            assertThat(write(store, 0, random(4096), false)).isEqualTo(Reason.NO_SPACE);
        } catch (StoreException flushOfADevice) {
            assertThat(flushOfADevice.reason()).isEqualTo(Reason.FLUSH);
        }
    }
}
