package dev.lunaria.target.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.store.BlockStore.Range;
import dev.lunaria.target.store.ChunkedCopy;
import dev.lunaria.target.store.CopyDestination;
import dev.lunaria.target.store.CopySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a copy in the background ends. */
class BackgroundCopiesTest {

    private static final long SIZE = 64L << 20;
    private static final String ID = new UUID(0, 1).toString();

    @TempDir private Path folder = Path.of("");
    private final BackgroundCopies background = new BackgroundCopies();
    private final Disk disk = new Disk();
    private final End end = new End();
    private @Nullable Catalog catalog;

    @BeforeEach
    void makePool() throws IOException {
        FolderFiles files = new FolderFiles(folder);
        Catalog.initialise(files, new PoolIdentity(new UUID(5, 5).toString(), "cluster"));
        catalog = Catalog.open(files);
    }

    @AfterEach
    void stop() {
        background.close();
    }

    private ChunkedCopy begin(long reserveBytes) {
        if (catalog == null) {
            throw new IllegalStateException("made before");
        }
        ChunkedCopy copy = new ChunkedCopy(disk, disk, SIZE, Runnable::run);
        background.start(
                ID, new Pool(folder, catalog, reserveBytes), copy, end, () -> end.letGo = true);
        return copy;
    }

    @Test
    void one_that_is_whole_is_durable_before_it_is_said_to_be() throws Exception {
        begin(0);
        assertThat(end.outcome.get(60, TimeUnit.SECONDS)).isEqualTo("whole");
        assertThat(disk.synced).isTrue();
        awaitEnd();
        assertThat(disk.cleared).isFalse();
        assertThat(disk.written.get()).isEqualTo(SIZE);
    }

    @Test
    void one_that_cannot_be_read_has_failed_and_gives_its_space_back() throws Exception {
        disk.failure = new IOException("EIO");
        begin(0);
        assertThat(end.outcome.get(60, TimeUnit.SECONDS)).isEqualTo("failed");
        awaitEnd();
        assertThat(disk.cleared).isTrue();
    }

    /** LUNs in use come first: their writes need what is left. */
    @Test
    void one_that_reaches_the_reserve_of_the_pool_has_failed() throws Exception {
        begin(Long.MAX_VALUE / 2);
        assertThat(end.outcome.get(60, TimeUnit.SECONDS)).isEqualTo("failed");
        awaitEnd();
        assertThat(disk.cleared).isTrue();
        assertThat(disk.written.get()).isLessThan(SIZE);
    }

    @Test
    void one_that_nobody_wants_any_more_ends_and_says_nothing() throws Exception {
        disk.pause = new CountDownLatch(1);
        begin(0);
        assertThat(background.remainingBytes(ID)).isPositive();
        Thread giver = Thread.ofVirtual().start(() -> background.giveUp(ID));
        disk.pause.countDown();
        giver.join();
        awaitEnd();
        assertThat(end.outcome).isNotDone();
        assertThat(background.remainingBytes(ID)).isZero();
    }

    private void awaitEnd() throws InterruptedException {
        assertThat(disk.closed.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(end.letGo).isTrue();
        assertThat(background.count()).isZero();
    }

    private static final class End implements BackgroundCopies.Outcome {
        private final CompletableFuture<String> outcome = new CompletableFuture<>();
        private volatile boolean letGo;

        @Override
        public boolean isGone() {
            return false;
        }

        @Override
        public void whole() {
            outcome.complete("whole");
        }

        @Override
        public void failed() {
            outcome.complete("failed");
        }
    }

    /** Both files: one full of ones, the other counts. */
    private static final class Disk implements CopySource, CopyDestination {
        private final CountDownLatch closed = new CountDownLatch(2);
        private volatile @Nullable IOException failure;
        private volatile @Nullable CountDownLatch pause;
        private volatile boolean synced;
        private volatile boolean cleared;
        private final AtomicLong written = new AtomicLong();

        @Override
        public List<Range> allocated(long offset, long length) {
            return List.of(new Range(offset, length));
        }

        @Override
        public long nextData(long offset, long end) {
            return offset;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            IOException failing = failure;
            CountDownLatch pausing = pause;
            if (failing != null) {
                throw failing;
            }
            try {
                if (pausing != null) {
                    pausing.await();
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            for (int i = into.position(); i < into.limit(); i++) {
                into.put(i, (byte) 1);
            }
        }

        @Override
        public void write(long offset, ByteBuffer from) {
            written.addAndGet(from.remaining());
            synced = false;
        }

        @Override
        public void sync() {
            synced = true;
        }

        @Override
        public void clear() {
            cleared = true;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
