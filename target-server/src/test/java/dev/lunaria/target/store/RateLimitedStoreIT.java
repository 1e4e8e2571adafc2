package dev.lunaria.target.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What waits for a volume's limits: is bounded, and never in the way of a drain. */
final class RateLimitedStoreIT extends BlockStoreContract {

    private static final int BLOCK = 4096;
    private static final long SECOND = 1_000_000_000L;

    @TempDir Path folder;

    private final ManualAlarm clock = new ManualAlarm();
    private StoreThreads threads;

    @BeforeEach
    void start() {
        threads = new StoreThreads(2, 4096);
    }

    @AfterEach
    void stop() {
        threads.close();
    }

    /** Under limits that the contract's tests don't reach. */
    @Override
    protected BlockStore store() throws IOException {
        RateLimitedStore store = unlimited();
        store.limit(1L << 30, 1L << 40);
        return store;
    }

    private RateLimitedStore unlimited() throws IOException {
        Path file = folder.resolve("data-" + System.nanoTime());
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(SIZE);
        }
        return new RateLimitedStore(SparseFileStore.open(file, SIZE, threads), clock::now, clock);
    }

    /** Waits for its outcome. */
    private static final class End implements BlockStore.StoreCompletion {
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile String outcome = "";

        @Override
        public void done() {
            outcome = "done";
            ended.countDown();
        }

        @Override
        public void failed(StoreException cause) {
            outcome = cause.reason().name();
            ended.countDown();
        }

        String await() throws InterruptedException {
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            return outcome;
        }

        boolean isOpen() {
            return outcome.isEmpty();
        }
    }

    private static End write(BlockStore store, int blocks) {
        var end = new End();
        store.write(0, ByteBuffer.allocateDirect(blocks * BLOCK), false, end);
        return end;
    }

    private static List<End> writes(BlockStore store, int count) {
        var ends = new ArrayList<End>();
        for (int i = 0; i < count; i++) {
            ends.add(write(store, 1));
        }
        return ends;
    }

    @Test
    void whatIsOverTheLimitWaitsItsTime() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(10, 0);
            for (End end : writes(store, 10)) {
                assertThat(end.await()).isEqualTo("done");
            }
            End eleventh = write(store, 1);
            assertThat(store.waiting()).isEqualTo(1);
            clock.advanceTo(SECOND / 20);
            assertThat(eleventh.await()).isEqualTo("done");
            End twelfth = write(store, 1);
            clock.advanceTo(SECOND / 10);
            assertThat(twelfth.isOpen()).isTrue();
            clock.advanceTo(SECOND / 5 + 2);
            assertThat(twelfth.await()).isEqualTo("done");
        }
    }

    /** Its waiting client was told to look into its buffer, not to send from the page cache. */
    @Test
    void aReadThatWaitedFindsItsBytesInItsBuffer() throws Exception {
        byte[] data = random(64 << 10);
        try (RateLimitedStore store = unlimited()) {
            assertThat(write(store, data.length, data, false)).isNull();
            store.limit(10, 1 << 20);
            List<End> before = writes(store, 11);
            ByteBuffer into = ByteBuffer.allocateDirect(data.length);
            var end = new End();
            assertThat(store.read(data.length, into, end)).isInstanceOf(ReadAnswer.Pending.class);
            clock.advanceTo(10 * SECOND);
            assertThat(end.await()).isEqualTo("done");
            assertThat(before.getLast().await()).isEqualTo("done");
            byte[] found = new byte[data.length];
            into.get(0, found);
            assertThat(found).isEqualTo(data);
        }
    }

    @Test
    void takingTheLimitAwayLetsAllGoInTheirOrder() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(10, 0);
            List<End> ends = writes(store, 100);
            assertThat(store.waiting()).isGreaterThan(80);
            store.limit(0, 0);
            for (End end : ends) {
                assertThat(end.await()).isEqualTo("done");
            }
        }
    }

    @Test
    void aLowerLimitHoldsForThoseThatWait() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(1_000, 0);
            List<End> ends = writes(store, 1_010);
            int waiting = store.waiting();
            store.limit(10, 0);
            clock.advanceTo(SECOND / 2);
            assertThat(store.waiting()).isBetween(waiting - 7, waiting);
            store.drainBegins();
            for (End end : ends) {
                assertThat(end.await()).isEqualTo("done");
            }
        }
    }

    /** traps-storage 5: the fence is bounded; what it waits for must not be held back. */
    @Test
    void whileSomebodyDrainsNothingIsHeldBack() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(10, 0);
            List<End> ends = writes(store, 200);
            store.drainBegins();
            ends.addAll(writes(store, 50));
            for (End end : ends) {
                assertThat(end.await()).isEqualTo("done");
            }
            store.drainEnded();
            assertThat(write(store, 1).isOpen()).isTrue();
            assertThat(store.waiting()).isEqualTo(1);
        }
    }

    /** Who comes after a fence must not pay for the one who was fenced. */
    @Test
    void whatADrainLetThroughCostsTheNextABurstAtMost() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(10, 0);
            List<End> ends = writes(store, 500);
            store.drainBegins();
            for (End end : ends) {
                end.await();
            }
            store.drainEnded();
            End next = write(store, 1);
            clock.advanceTo(SECOND + SECOND / 10 + 2);
            assertThat(next.await()).isEqualTo("done");
        }
    }

    @Test
    void whatWaitsIsBoundedAndTheRestIsBusy() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(10, 0);
            var ends = writes(store, 10 + RateLimitedStore.MAX_WAITING + 5);
            assertThat(store.waiting()).isEqualTo(RateLimitedStore.MAX_WAITING);
            assertThat(ends.getLast().await()).isEqualTo(Reason.BUSY.name());
            store.drainBegins();
        }
    }

    @Test
    void theBytesThatWaitAreBoundedButOneAloneMayHaveMore() throws Exception {
        try (RateLimitedStore store = unlimited()) {
            store.limit(0, 1 << 20);
            assertThat(write(store, 512).await()).isEqualTo("done");
            End alone = write(store, 2_000);
            assertThat(store.waiting()).isEqualTo(1);
            assertThat(write(store, 1).await()).isEqualTo(Reason.BUSY.name());
            store.drainBegins();
            assertThat(alone.await()).isEqualTo("done");
        }
    }

    @Test
    void closingLetsWhatWaitsGoOnFirst() throws Exception {
        RateLimitedStore store = unlimited();
        store.limit(10, 0);
        List<End> ends = writes(store, 50);
        store.close();
        for (End end : ends) {
            assertThat(end.await()).isEqualTo("done");
        }
    }
}
