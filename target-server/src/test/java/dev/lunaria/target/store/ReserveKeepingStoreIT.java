package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes don't take the last bytes of their pool, and what they have already they keep using. */
class ReserveKeepingStoreIT extends BlockStoreContract {
    private static final long TOTAL = 1L << 40;
    private static final int BYTES = 4096;

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(4, 1024);
    private final AtomicLong free = new AtomicLong(TOTAL);
    private final AtomicInteger asked = new AtomicInteger();

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    @Override
    protected BlockStore store() throws IOException {
        Path file = folder.resolve("data");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(SIZE);
        }
        return new ReserveKeepingStore(
                SparseFileStore.open(file, SIZE, threads), reserve(TOTAL), threads.blocking());
    }

    private CatalogReserve reserve(long total) {
        return new CatalogReserve(
                new CatalogReserve.Filesystem() {
                    @Override
                    public long totalBytes() {
                        return total;
                    }

                    @Override
                    public long freeBytes() {
                        asked.incrementAndGet();
                        return free.get();
                    }
                });
    }

    @Test
    void what_would_take_of_the_reserve_has_no_space_and_what_is_allocated_is_written()
            throws IOException {
        try (BlockStore store = store()) {
            free.set(CatalogReserve.MAX_BYTES + BYTES);
            assertThat(write(store, 0, random(BYTES), false)).isNull();
            free.set(CatalogReserve.MAX_BYTES);
            assertThat(write(store, 2 * BYTES, random(BYTES), false)).isEqualTo(Reason.NO_SPACE);
            assertThat(write(store, BYTES / 2, random(BYTES), false)).isEqualTo(Reason.NO_SPACE);
            assertThat(write(store, 0, random(BYTES), true)).isNull();
            assertThat(flush(store)).isNull();
            assertThat(read(store, 0, BYTES)).isEqualTo(random(BYTES));
            assertThat(read(store, 2 * BYTES, BYTES)).containsOnly(0);
        }
    }

    @Test
    void space_that_returns_is_seen_by_the_next_write() throws IOException {
        try (BlockStore store = store()) {
            free.set(0);
            assertThat(write(store, 0, random(BYTES), false)).isEqualTo(Reason.NO_SPACE);
            free.set(TOTAL);
            assertThat(write(store, 0, random(BYTES), false)).isNull();
        }
    }

    @Test
    void while_there_is_room_the_filesystem_is_asked_once_in_many_bytes() throws IOException {
        CatalogReserve reserve = reserve(TOTAL);
        for (long written = 0; written < CatalogReserve.MAX_BYTES; written += BYTES) {
            assertThat(reserve.covers(BYTES) || reserve.admits(BYTES)).isTrue();
        }
        assertThat(asked.get()).isBetween(4, 5);
    }

    @Test
    void when_somebody_else_fills_the_filesystem_volumes_take_a_quarter_of_the_reserve_at_most()
            throws IOException {
        CatalogReserve reserve = reserve(TOTAL);
        assertThat(reserve.admits(BYTES)).isTrue();
        free.set(CatalogReserve.MAX_BYTES);
        long taken = 0;
        while (reserve.covers(BYTES) || reserve.admits(BYTES)) {
            taken += BYTES;
            free.addAndGet(-BYTES);
        }
        assertThat(taken).isLessThanOrEqualTo(CatalogReserve.MAX_BYTES / 4);
    }

    @Test
    void of_a_small_filesystem_a_sixteenth_is_kept() throws IOException {
        CatalogReserve reserve = reserve(64L << 20);
        free.set(4L << 20);
        assertThat(reserve.admits(1)).isFalse();
        free.set((4L << 20) + 1);
        assertThat(reserve.admits(1)).isTrue();
        assertThat(reserve.covers(1)).isFalse();
    }
}
