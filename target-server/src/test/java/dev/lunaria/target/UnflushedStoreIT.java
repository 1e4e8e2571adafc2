package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.BlockStoreContract;
import dev.lunaria.target.store.FaultyStore;
import dev.lunaria.target.store.FaultyStore.Kind;
import dev.lunaria.target.store.Outcome;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * After a crash of the machine, who had unflushed writes sees an error until he detaches; so it is
 * noted durably who writes, before the first write goes on.
 */
class UnflushedStoreIT extends BlockStoreContract {

    private static final String BOOT = "boot-1";
    private static final String NEXT_BOOT = "boot-2";
    private static final String ID = new UUID(0, 1).toString();
    private static final Writer A = new Writer("node-a", 1);
    private static final Writer B = new Writer("node-b", 1);

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(4, 1024);
    private final List<FaultyStore> behind = new ArrayList<>();

    @BeforeEach
    void makeLun() throws Exception {
        FolderFiles files = new FolderFiles(folder);
        Catalog.initialise(files, new PoolIdentity(new UUID(5, 5).toString(), "cluster"));
        CatalogLun lun =
                Catalog.open(files)
                        .create(new LunFacts(ID, "pvc", SIZE, "cluster", 512, Instant.EPOCH));
        for (Writer writer : List.of(A, B)) {
            lun.changeGrants(grants -> grants.put(writer.node(), active(writer)));
        }
    }

    private static Grant active(Writer writer) {
        return new Grant(
                writer.node(),
                writer.epoch(),
                Grant.State.ACTIVE,
                Grant.Access.READ_WRITE,
                false,
                "iqn." + writer.node(),
                "k1",
                new ChapSecrets(Secret.of("initiator's"), Secret.of("target's")));
    }

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    /** The LUN as the catalog has it on disk. */
    private CatalogLun reopened() throws IOException {
        return Catalog.open(new FolderFiles(folder)).find(ID).orElseThrow();
    }

    private UnflushedStore open(CatalogLun lun, String boot) throws IOException {
        Pool pool = new Pool(folder, Catalog.open(new FolderFiles(folder)), 0);
        FaultyStore faulty = new FaultyStore(SparseFileStore.open(pool.data(lun), SIZE, threads));
        behind.add(faulty);
        return new UnflushedStore(faulty, lun, boot, threads.blocking());
    }

    @Override
    protected BlockStore store() throws IOException {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        return store;
    }

    @Test
    void who_writes_is_noted_durably_before_the_write_and_lost_after_a_crash_of_the_machine()
            throws IOException {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(reopened().isLost(A, NEXT_BOOT)).isFalse();
        assertThat(write(store, 0, random(4096), false)).isNull();
        CatalogLun sameMachine = reopened();
        assertThat(sameMachine.isLost(A, BOOT)).isFalse();
        assertThat(sameMachine.isLost(A, NEXT_BOOT)).isTrue();
        assertThat(sameMachine.isLost(B, NEXT_BOOT)).isFalse();
        store.attached(B);
        assertThat(write(store, 4096, random(4096), false)).isNull();
        assertThat(reopened().isLost(B, NEXT_BOOT)).isTrue();
    }

    /** A medium error would cost the filesystem; a full pool is waited for. */
    @Test
    void a_note_that_cannot_be_made_for_want_of_space_is_no_space_and_no_write_error()
            throws IOException {
        FullFiles files = new FullFiles(new FolderFiles(folder));
        UnflushedStore store = open(Catalog.open(files).find(ID).orElseThrow(), BOOT);
        store.attached(A);
        files.full = true;
        assertThat(write(store, 0, random(4096), false)).isEqualTo(Reason.NO_SPACE);
        files.full = false;
        assertThat(write(store, 0, random(4096), false)).isNull();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isTrue();
    }

    @Test
    void what_is_lost_stays_lost_over_more_crashes_until_the_grant_is_another_one()
            throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();

        CatalogLun second = reopened();
        UnflushedStore after = open(second, NEXT_BOOT);
        after.attached(B);
        assertThat(write(after, 0, random(4096), false)).isNull();
        after.close();
        CatalogLun third = reopened();
        assertThat(third.isLost(A, NEXT_BOOT)).isTrue();
        assertThat(third.isLost(A, "boot-3")).isTrue();
        assertThat(third.isLost(B, "boot-3")).isFalse();

        third.changeGrants(grants -> grants.put(A.node(), active(A).ended(false).revoked()));
        third.writes(List.of(B), "boot-3");
        assertThat(reopened().isLost(A, "boot-3")).isFalse();
        assertThat(reopened().isLost(new Writer(A.node(), 2), "boot-3")).isFalse();
    }

    @Test
    void an_idle_store_is_flushed_and_the_note_taken_back_and_made_again_with_the_next_write()
            throws Exception {
        CatalogLun lun = reopened();
        UnflushedStore store = open(lun, BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        assertThat(lun.unflushedWriters(BOOT)).containsExactly(A);
        store.flushIfIdle();
        // The flush that follows is carried out behind the one of the idle store.
        assertThat(flush(store)).isNull();
        await(() -> lun.unflushedWriters(BOOT).isEmpty());
        assertThat(reopened().isLost(A, NEXT_BOOT)).isFalse();
        assertThat(write(store, 0, random(4096), false)).isNull();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isTrue();
        store.close();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isFalse();
    }

    @Test
    void a_write_during_the_idle_flush_keeps_the_note() throws Exception {
        CatalogLun lun = reopened();
        UnflushedStore store = open(lun, BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        behind.getFirst().hold();
        store.flushIfIdle();
        assertThat(behind.getFirst().holding()).isEqualTo(1);
        Outcome written = new Outcome();
        store.write(0, direct(random(4096)), false, written);
        behind.getFirst().release();
        assertThat(written.await()).isNull();
        assertThat(flush(store)).isNull();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isTrue();
    }

    @Test
    void an_idle_flush_that_fails_is_told_to_the_next_who_flushes() throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        behind.getFirst().fail(Kind.FLUSH, Reason.FLUSH);
        store.flushIfIdle();
        behind.getFirst().heal();
        assertThat(flush(store)).isEqualTo(Reason.FLUSH);
        assertThat(flush(store)).isNull();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isTrue();
    }

    @Test
    void a_write_that_ended_behind_the_begin_of_a_long_idle_flush_keeps_the_note()
            throws Exception {
        CatalogLun lun = reopened();
        UnflushedStore store = open(lun, BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        behind.getFirst().hold(Kind.FLUSH);
        store.flushIfIdle();
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        behind.getFirst().release();
        assertThat(flush(store)).isNull();
        // The flushes' lane is in order, but what an idle flush notes is noted behind its turn.
        assertThat(flush(store)).isNull();
        assertThat(reopened().isLost(A, NEXT_BOOT)).isTrue();
    }

    @Test
    void a_flush_that_succeeds_after_an_idle_one_failed_is_not_answered_GOOD() throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.flushIfIdle();
        behind.getFirst().hold(Kind.FLUSH);
        store.flushIfIdle();
        Outcome flushed = new Outcome();
        store.flush(flushed);
        behind.getFirst().failOnce(Kind.FLUSH, Reason.FLUSH);
        behind.getFirst().release();
        assertThat(flushed.await()).isEqualTo(Reason.FLUSH);
    }

    @Test
    void who_had_unflushed_writes_when_a_flush_failed_has_lost_them_durably_until_it_detaches()
            throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        store.attached(B);
        behind.getFirst().failOnce(Kind.FLUSH, Reason.FLUSH);
        assertThat(flush(store)).isEqualTo(Reason.FLUSH);
        assertThat(reopened().isLost(A, BOOT)).isTrue();
        assertThat(reopened().isLost(B, BOOT)).isFalse();
        assertThat(flush(store)).isNull();
        store.close();
        CatalogLun later = reopened();
        assertThat(later.isLost(A, BOOT)).isTrue();
        later.detached(A, BOOT);
        assertThat(reopened().isLost(A, BOOT)).isFalse();
    }

    @Test
    void a_flush_that_fails_while_closing_is_remembered_durably() throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        assertThat(write(store, 0, random(4096), false)).isNull();
        behind.getFirst().fail(Kind.FLUSH, Reason.FLUSH);
        assertThatThrownBy(store::close).isInstanceOf(StoreException.class);
        assertThat(reopened().isLost(A, BOOT)).isTrue();
    }

    @Test
    void who_detaches_after_a_crash_of_the_machine_starts_afresh_under_the_same_grant()
            throws Exception {
        UnflushedStore store = open(reopened(), BOOT);
        store.attached(A);
        store.attached(B);
        assertThat(write(store, 0, random(4096), false)).isNull();
        CatalogLun after = reopened();
        assertThat(after.isLost(A, NEXT_BOOT)).isTrue();
        after.detached(A, NEXT_BOOT);
        assertThat(reopened().isLost(A, NEXT_BOOT)).isFalse();
        assertThat(reopened().isLost(B, NEXT_BOOT)).isTrue();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
