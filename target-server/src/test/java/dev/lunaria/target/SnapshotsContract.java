package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.LunSource;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.snapshot.ImportFolders;
import dev.lunaria.target.snapshot.SnapshotRanges;
import dev.lunaria.target.snapshot.SnapshotRanges.Page;
import dev.lunaria.target.store.BlockStore.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What snapshots, clones and imports are, whatever filesystem is below the pool. */
abstract class SnapshotsContract {

    private static final int MIB = 1 << 20;

    private Path folder = Path.of("");
    private ImportFolders imports = ImportFolders.NONE;
    private CopyRig rig;

    /** A folder on the filesystem under test; the same during one test. */
    abstract Path folder(Path temporary) throws Exception;

    /** Whether its files can share bytes. */
    abstract boolean reflinks();

    /** Called after each test. */
    void release() throws Exception {}

    @BeforeEach
    void openPool(@TempDir Path temporary) throws Exception {
        folder = folder(temporary);
        Path images = Files.createDirectory(folder.resolve("images"));
        imports = ImportFolders.of(List.of(images));
        rig = CopyRig.open(folder, imports);
        assertThat(rig.pool.catalog().reflinks()).isEqualTo(reflinks());
    }

    @AfterEach
    void closePool() throws Exception {
        if (rig != null) {
            rig.close();
        }
        release();
    }

    private static byte[] random(int bytes, long seed) {
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static void assertRefused(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void a_snapshot_holds_what_the_lun_held_whatever_is_written_and_discarded_since()
            throws Exception {
        CatalogLun lun = rig.lun(1);
        rig.write(lun, 0, random(3 * MIB, 1));
        rig.write(lun, 9 * MIB + 512, random(MIB, 2));
        byte[] then = rig.bytes(lun);
        CatalogSnapshot snapshot = rig.snapshot(lun, 2);
        assertThat(snapshot.state() == CatalogSnapshot.State.READY).isEqualTo(reflinks());
        rig.write(lun, MIB - 512, random(2 * MIB, 3));
        rig.discard(lun, 9 * MIB, 2 * MIB);
        rig.write(lun, 20 * MIB, random(4096, 4));
        byte[] now = rig.bytes(lun);
        rig.whole(snapshot);
        assertThat(Arrays.mismatch(rig.bytes(snapshot), then)).isEqualTo(-1);
        assertThat(Arrays.mismatch(rig.bytes(lun), now)).isEqualTo(-1);
        assertThat(rig.pool.allocatedBytes(snapshot)).isLessThan(8 * MIB);
        assertThat(rig.snapshot(lun, 2)).isSameAs(snapshot);
        assertThat(snapshot.facts().format()).isEqualTo(lun.format());
        // Nothing is kept open, and nothing is copied before a write, once it is whole.
        assertThat(rig.background.remainingBytes(CopyRig.id(2))).isZero();
    }

    /** A database's log and its tables: what depends on something is in no snapshot without it. */
    @Test
    void snapshots_of_several_luns_are_of_one_instant() throws Exception {
        CatalogLun first = rig.lun(1);
        CatalogLun second = rig.lun(2);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong acknowledged = new AtomicLong();
        CompletableFuture<Void> writer =
                CompletableFuture.runAsync(() -> {
                    for (long n = 1; !stop.get(); n++) {
                        count(first, n);
                        count(second, n);
                        acknowledged.set(n);
                    }
                });
        for (int round = 0; round < 8; round++) {
            long before = acknowledged.get();
            List<CatalogSnapshot> taken =
                    rig.snapshots.create(
                            List.of(
                                    CopyRig.entry(first, 100 + 2 * round),
                                    CopyRig.entry(second, 101 + 2 * round)),
                            CopyRig.id(50 + round));
            long after = acknowledged.get() + 1;
            long one = counted(rig.whole(taken.getFirst()));
            long other = counted(rig.whole(taken.getLast()));
            assertThat(other).isBetween(before, after);
            assertThat(one).isBetween(other, other + 1);
            assertThat(taken)
                    .extracting(snapshot -> snapshot.facts().taken())
                    .containsOnly(taken.getFirst().facts().taken());
            while (acknowledged.get() == after) {
                Thread.onSpinWait();
            }
        }
        stop.set(true);
        writer.join();
        assertThat(acknowledged.get()).isGreaterThan(8);
    }

    private void count(CatalogLun lun, long n) {
        byte[] block = new byte[4096];
        ByteBuffer.wrap(block).putLong(n);
        try {
            rig.write(lun, 5 * MIB, block);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private long counted(CatalogSnapshot snapshot) throws IOException {
        return ByteBuffer.wrap(rig.bytes(snapshot)).getLong(5 * MIB);
    }

    @Test
    void a_lun_is_restored_from_a_snapshot_larger_or_equal_and_never_blank() throws Exception {
        CatalogLun lun = rig.lun(1);
        rig.write(lun, 2 * MIB, random(MIB, 1));
        byte[] then = rig.bytes(lun);
        CatalogSnapshot snapshot = rig.whole(rig.snapshot(lun, 2));
        rig.discard(lun, 0, 24 * MIB);
        LunSource source = new LunSource.OfSnapshot(CopyRig.id(2));
        CatalogLun restored =
                rig.whole(
                        rig.lunCopies.create(
                                rig.pool, CopyRig.facts(3, CopyRig.LUN_BYTES + MIB, source)));
        assertThat(restored.format()).isEqualTo(FormatState.holding("ext4"));
        byte[] bytes = rig.bytes(restored);
        assertThat(Arrays.copyOf(bytes, then.length)).isEqualTo(then);
        assertThat(Arrays.copyOfRange(bytes, then.length, bytes.length)).containsOnly(0);
        // What is written to one is in none of the others.
        rig.write(restored, 2 * MIB, random(MIB, 9));
        assertThat(Arrays.mismatch(rig.bytes(snapshot), then)).isEqualTo(-1);
        assertRefused(
                Reason.OUT_OF_RANGE,
                () -> rig.lunCopies.create(rig.pool, CopyRig.facts(4, MIB, source)));
        assertRefused(
                Reason.NOT_FOUND,
                () ->
                        rig.lunCopies.create(
                                rig.pool,
                                CopyRig.facts(
                                        4,
                                        CopyRig.LUN_BYTES,
                                        new LunSource.OfSnapshot(CopyRig.id(99)))));
        // In any order, and each call may be repeated.
        rig.snapshots.delete(rig.pool, CopyRig.id(2));
        rig.snapshots.delete(rig.pool, CopyRig.id(2));
        assertThat(
                        rig.lunCopies.create(
                                rig.pool, CopyRig.facts(3, CopyRig.LUN_BYTES + MIB, source)))
                .isSameAs(restored);
        rig.units.closeUnused(CopyRig.id(1));
        rig.pool.catalog().delete(CopyRig.id(1));
        assertThat(rig.bytes(restored)).hasSize((int) CopyRig.LUN_BYTES + MIB);
        // Ids of snapshots come from names, and a name may be used again.
        assertThat(rig.snapshot(restored, 2).facts().lun()).isEqualTo(CopyRig.id(3));
    }

    @Test
    void a_clone_is_of_the_instant_of_the_call_while_its_origin_is_written() throws Exception {
        CatalogLun lun = rig.lun(1);
        rig.write(lun, 0, random(8 * MIB, 1));
        byte[] then = rig.bytes(lun);
        CatalogLun clone =
                rig.lunCopies.create(
                        rig.pool,
                        CopyRig.facts(2, CopyRig.LUN_BYTES, new LunSource.OfLun(CopyRig.id(1))));
        assertThat(clone.content() == Content.READY).isEqualTo(reflinks());
        rig.write(lun, 7 * MIB, random(MIB, 2));
        rig.write(lun, 0, random(MIB, 3));
        assertThat(Arrays.mismatch(rig.bytes(rig.whole(clone)), then)).isEqualTo(-1);
        assertThat(clone.format()).isEqualTo(FormatState.holding("ext4"));
        assertThat(clone.facts().source()).isEqualTo(new LunSource.OfLun(CopyRig.id(1)));
        // A restart changes nothing of it.
        rig.close();
        rig = CopyRig.open(folder, imports);
        CatalogLun after = rig.pool.lun(CopyRig.id(2));
        assertThat(after.content()).isEqualTo(Content.READY);
        assertThat(Arrays.mismatch(rig.bytes(after), then)).isEqualTo(-1);
    }

    @Test
    void a_copy_of_a_blank_lun_is_blank_and_of_one_being_formatted_there_is_none()
            throws Exception {
        CatalogLun lun = rig.pool.create(CopyRig.facts(1, CopyRig.LUN_BYTES, null));
        rig.whole(rig.snapshot(lun, 2));
        CatalogLun restored =
                rig.lunCopies.create(
                        rig.pool,
                        CopyRig.facts(
                                3, CopyRig.LUN_BYTES, new LunSource.OfSnapshot(CopyRig.id(2))));
        assertThat(rig.whole(restored).format()).isEqualTo(FormatState.BLANK);
        FormatState formatting = new FormatState(State.FORMATTING, 2, "ext4", "mybox0", 1, 1);
        assertThat(lun.changeFormat(FormatState.BLANK, formatting)).isTrue();
        assertRefused(Reason.PRECONDITION, () -> rig.snapshot(lun, 4));
        assertRefused(
                Reason.PRECONDITION,
                () ->
                        rig.lunCopies.create(
                                rig.pool,
                                CopyRig.facts(
                                        5, CopyRig.LUN_BYTES, new LunSource.OfLun(CopyRig.id(1)))));
        assertThat(rig.pool.catalog().snapshots().find(CopyRig.id(4))).isEmpty();
        assertThat(rig.pool.catalog().find(CopyRig.id(5))).isEmpty();
        assertThat(rig.pool.folder().resolve("making")).isEmptyDirectory();
    }

    @Test
    void ranges_tell_where_data_is_and_what_has_changed_by_page() throws Exception {
        CatalogLun lun = rig.lun(1);
        for (int at = 0; at < 20; at += 2) {
            rig.write(lun, (long) at * MIB, random(64 << 10, at));
        }
        CatalogSnapshot base = rig.whole(rig.snapshot(lun, 2));
        rig.write(lun, 4 * MIB + 8192, random(4096, 100));
        rig.write(lun, 21 * MIB, random(8192, 101));
        rig.discard(lun, 8 * MIB, 64 << 10);
        // The same bytes again are no change.
        rig.write(lun, 12 * MIB, random(64 << 10, 12));
        CatalogSnapshot later = rig.whole(rig.snapshot(lun, 3));

        assertCovers(
                base,
                null,
                allRanges(3, (from, most) -> SnapshotRanges.allocated(rig.pool, base, from, most)));
        List<Range> changed =
                allRanges(
                        1,
                        (from, most) -> SnapshotRanges.changed(rig.pool, base, later, from, most));
        assertThat(changed)
                .containsExactly(
                        new Range(4 * MIB + 8192, 4096),
                        new Range(8 * MIB, 64 << 10),
                        new Range(21 * MIB, 8192));
        assertCovers(later, base, changed);
        assertThat(SnapshotRanges.changed(rig.pool, base, base, 0, 0).ranges()).isEmpty();
        assertThat(SnapshotRanges.changed(rig.pool, base, later, 22 * MIB, 0).ranges()).isEmpty();
        CatalogSnapshot others = rig.whole(rig.snapshot(rig.lun(5), 6));
        assertRefused(Reason.INVALID, () -> SnapshotRanges.changed(rig.pool, base, others, 0, 0));
    }

    /** One page of ranges. */
    private interface Pages {
        Page page(long from, int most) throws Exception;
    }

    private static List<Range> allRanges(int most, Pages pages) throws Exception {
        List<Range> all = new ArrayList<>();
        long from = 0;
        do {
            Page page = pages.page(from, most);
            assertThat(page.ranges().size()).isBetween(0, most);
            all.addAll(page.ranges());
            from = page.nextOffset();
        } while (from != 0);
        return all;
    }

    /** What isn't in the ranges is zero, or what it was before. */
    private void assertCovers(
            CatalogSnapshot snapshot, @Nullable CatalogSnapshot base, List<Range> ranges)
            throws IOException {
        byte[] bytes = rig.bytes(snapshot);
        byte[] expected = base == null ? new byte[bytes.length] : rig.bytes(base);
        for (Range range : ranges) {
            System.arraycopy(
                    bytes,
                    (int) range.offset(),
                    expected,
                    (int) range.offset(),
                    (int) range.length());
        }
        assertThat(Arrays.mismatch(bytes, expected)).isEqualTo(-1);
    }

    @Test
    void an_image_becomes_a_lun_and_none_from_outside_of_the_folders() throws Exception {
        byte[] content = random(3 * MIB + 700, 1);
        Path image = Files.write(folder.resolve("images").resolve("disk.raw"), content);
        CatalogLun lun = rig.whole(rig.lunCopies.create(rig.pool, importing(1, 0, image)));
        assertThat(lun.facts().sizeBytes()).isEqualTo(3 * MIB + 4096);
        assertThat(Arrays.copyOf(rig.bytes(lun), content.length)).isEqualTo(content);
        assertThat(lun.format()).isEqualTo(FormatState.holding("xfs"));
        assertThat(rig.lunCopies.create(rig.pool, importing(1, 0, image))).isSameAs(lun);
        assertRefused(
                Reason.OUT_OF_RANGE,
                () -> rig.lunCopies.create(rig.pool, importing(2, MIB, image)));
        Path secret = Files.write(folder.resolve("secret"), content);
        Path link = folder.resolve("images").resolve("link");
        Files.createSymbolicLink(link, secret);
        for (Path outside : List.of(secret, link, folder.resolve("images").resolve("../secret"))) {
            assertRefused(
                    Reason.FORBIDDEN,
                    () -> rig.lunCopies.create(rig.pool, importing(3, 0, outside)));
        }
        assertRefused(
                Reason.NOT_FOUND,
                () ->
                        rig.lunCopies.create(
                                rig.pool,
                                importing(3, 0, folder.resolve("images").resolve("none"))));
        assertRefused(
                Reason.INVALID,
                () -> rig.lunCopies.create(rig.pool, importing(3, 0, folder.resolve("images"))));
        assertRefused(
                Reason.INVALID,
                () -> rig.lunCopies.create(rig.pool, importing(3, 0, Path.of("disk.raw"))));
    }

    private static LunFacts importing(int number, long bytes, Path image) {
        return CopyRig.facts(number, bytes, new LunSource.OfImage(image.toString(), "xfs"));
    }

    /** Restarts, with copies that stood still when the process ended. */
    @Test
    void what_was_being_copied_when_the_process_ended_has_failed_or_goes_on() throws Exception {
        CatalogLun lun = rig.lun(1);
        rig.write(lun, 0, random(8 * MIB, 1));
        byte[] then = rig.bytes(lun);
        rig.whole(rig.snapshot(lun, 2));
        // From here on no copy makes a step.
        rig.background.close();
        CatalogSnapshot unfinished = rig.snapshot(lun, 3);
        CatalogLun clone =
                rig.lunCopies.create(
                        rig.pool,
                        CopyRig.facts(4, CopyRig.LUN_BYTES, new LunSource.OfLun(CopyRig.id(1))));
        CatalogLun restored =
                rig.lunCopies.create(
                        rig.pool,
                        CopyRig.facts(
                                5, CopyRig.LUN_BYTES, new LunSource.OfSnapshot(CopyRig.id(2))));
        if (!reflinks()) {
            assertRefused(Reason.PRECONDITION, () -> rig.pool.catalog().delete(CopyRig.id(1)));
            assertRefused(Reason.PRECONDITION, () -> rig.snapshots.delete(rig.pool, CopyRig.id(2)));
            assertRefused(Reason.PRECONDITION, () -> restored.expand(2 * CopyRig.LUN_BYTES));
            assertRefused(Reason.PRECONDITION, restored::refuseUnlessWhole);
            assertRefused(
                    Reason.PRECONDITION,
                    () -> SnapshotRanges.allocated(rig.pool, unfinished, 0, 0));
            assertThat(rig.background.remainingBytes(CopyRig.id(5))).isPositive();
        }
        rig.write(lun, 0, random(8 * MIB, 2));
        rig.close();
        rig = CopyRig.open(folder, imports);
        CatalogLun goesOn = rig.pool.lun(CopyRig.id(5));
        assertThat(Arrays.mismatch(rig.bytes(rig.whole(goesOn)), then)).isEqualTo(-1);
        CatalogSnapshot found = rig.pool.snapshot(CopyRig.id(3));
        CatalogLun cloneAfter = rig.pool.lun(CopyRig.id(4));
        if (reflinks()) {
            assertThat(Arrays.mismatch(rig.bytes(found), then)).isEqualTo(-1);
            assertThat(Arrays.mismatch(rig.bytes(cloneAfter), then)).isEqualTo(-1);
        } else {
            assertThat(found.state()).isEqualTo(CatalogSnapshot.State.FAILED);
            assertThat(rig.pool.allocatedBytes(found)).isZero();
            assertThat(rig.pool.allocatedBytes(cloneAfter)).isZero();
            assertThat(cloneAfter.content()).isEqualTo(Content.FAILED);
            assertThat(clone.facts().source()).isEqualTo(cloneAfter.facts().source());
        }
        // All can be deleted, and their origin with them.
        rig.snapshots.delete(rig.pool, CopyRig.id(3));
        rig.pool.catalog().delete(CopyRig.id(4));
        rig.pool.catalog().delete(CopyRig.id(1));
        rig.snapshots.delete(rig.pool, CopyRig.id(2));
        assertThat(Arrays.mismatch(rig.bytes(goesOn), then)).isEqualTo(-1);
    }
}
