package dev.lunaria.target.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import dev.lunaria.target.store.FaultyStore;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes are held back for an instant, never for ever, and none is lost by it. */
class QuiesceTest {

    private static final int SIZE = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(2, 64);

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    private FaultyStore file(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
            made.setLength(SIZE);
        }
        return new FaultyStore(SparseFileStore.open(path, SIZE, threads));
    }

    private static CompletableFuture<Void> write(CopyBeforeWriteStore store) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        store.write(
                0,
                ByteBuffer.allocateDirect(4096),
                false,
                new StoreCompletion() {
                    @Override
                    public void done() {
                        ended.complete(null);
                    }

                    @Override
                    public void failed(StoreException cause) {
                        ended.completeExceptionally(cause);
                    }
                });
        return ended;
    }

    @Test
    void writes_that_come_during_the_instant_are_carried_out_after_it() throws Exception {
        CopyBeforeWriteStore one = new CopyBeforeWriteStore(file("one"));
        CopyBeforeWriteStore other = new CopyBeforeWriteStore(file("other"));
        write(one).get(60, TimeUnit.SECONDS);
        List<CompletableFuture<Void>> during = new ArrayList<>();
        Quiesce.run(
                List.of(one, other),
                LONG,
                _ -> {
                    during.add(write(one));
                    during.add(write(other));
                    assertThat(during).noneMatch(CompletableFuture::isDone);
                });
        for (CompletableFuture<Void> write : during) {
            write.get(60, TimeUnit.SECONDS);
        }
        one.close();
        other.close();
    }

    @Test
    void on_a_stuck_disk_the_instant_is_given_up_and_all_writes_go_on() throws Exception {
        FaultyStore stuck = file("stuck");
        CopyBeforeWriteStore one = new CopyBeforeWriteStore(stuck);
        CopyBeforeWriteStore other = new CopyBeforeWriteStore(file("other"));
        stuck.hold();
        CompletableFuture<Void> underWay = write(one);
        assertConflict(() ->
                Quiesce.run(
                        List.of(other, one),
                        SHORT,
                        _ -> {
                            throw new AssertionError("there is no instant");
                        }));
        // Nobody waits for the instant any more, also not on the LUN that wasn't stuck.
        write(other).get(60, TimeUnit.SECONDS);
        CompletableFuture<Void> behind = write(one);
        stuck.release();
        underWay.get(60, TimeUnit.SECONDS);
        behind.get(60, TimeUnit.SECONDS);
        one.close();
        other.close();
    }

    /** A reflink of a fragmented file may hold its inode for seconds. */
    @Test
    void what_takes_too_long_at_the_instant_is_given_up_and_all_writes_go_on() throws Exception {
        CopyBeforeWriteStore store = new CopyBeforeWriteStore(file("one"));
        CompletableFuture<Void> never = new CompletableFuture<>();
        assertConflict(() ->
                Quiesce.run(List.of(store), SHORT, deadline -> Quiesce.await(never, deadline)));
        write(store).get(60, TimeUnit.SECONDS);
        store.close();
    }

    private static void assertConflict(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));
    }
}
