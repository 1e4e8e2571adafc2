package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.store.FaultyStore.Kind;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The decorator that fails and holds up changes nothing where it isn't told to. */
class FaultyStoreIT extends BlockStoreContract {

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(4, 1024);

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    @Override
    protected FaultyStore store() throws IOException {
        Path file = folder.resolve("data");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(SIZE);
        }
        return new FaultyStore(SparseFileStore.open(file, SIZE, threads));
    }

    @Test
    void operations_fail_as_the_test_asked_until_healed() throws IOException {
        try (FaultyStore store = store()) {
            store.fail(Kind.WRITE, Reason.NO_SPACE);
            store.fail(Kind.READ, Reason.READ);
            assertThat(write(store, 0, random(4096), false)).isEqualTo(Reason.NO_SPACE);
            Outcome read = new Outcome();
            assertThat(store.read(0, ByteBuffer.allocateDirect(4096), read))
                    .isInstanceOf(ReadAnswer.Pending.class);
            assertThat(read.await()).isEqualTo(Reason.READ);
            assertThat(flush(store)).isNull();
            store.heal();
            assertThat(write(store, 0, random(4096), false)).isNull();
            assertThat(read(store, 0, 4096)).isEqualTo(random(4096));
        }
    }

    @Test
    void held_operations_reach_the_store_when_they_are_released() throws IOException {
        try (FaultyStore store = store()) {
            store.hold();
            Outcome written = new Outcome();
            store.write(0, direct(random(4096)), false, written);
            assertThat(store.holding()).isEqualTo(1);
            assertThat(written.isTold()).isFalse();
            store.release();
            assertThat(written.await()).isNull();
            assertThat(read(store, 0, 4096)).isEqualTo(random(4096));
        }
    }
}
