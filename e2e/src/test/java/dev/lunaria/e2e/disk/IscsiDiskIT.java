package dev.lunaria.e2e.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.node.disk.IoCompletion;
import dev.lunaria.node.disk.session.DiskLoops;
import dev.lunaria.node.disk.session.IscsiDisk;
import dev.lunaria.node.disk.session.UnitException;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.Lun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The session of a user-space disk against the target server as a process of its own. */
@TestInstance(Lifecycle.PER_CLASS)
class IscsiDiskIT {
    private static final int EIO = 5;
    private static final int EROFS = 30;
    private static final long MIB = 1 << 20;
    private static final long SECONDS = 30;

    private final DiskLoops loops = new DiskLoops();
    private OneTarget target;
    private final Deque<IscsiDisk> opened = new ArrayDeque<>();

    @BeforeAll
    void startTarget(@TempDir(cleanup = CleanupMode.ALWAYS) Path root) throws Exception {
        target = OneTarget.start(root);
    }

    @AfterEach
    void endSession() throws Exception {
        for (IscsiDisk disk : opened) {
            disk.destroy("the test is over");
            disk.ended().get(SECONDS, TimeUnit.SECONDS);
        }
        opened.clear();
    }

    @AfterAll
    void stopTarget() throws Exception {
        loops.close();
        if (target != null) {
            target.close();
        }
    }

    private Lun granted(Access access) {
        Lun lun = target.createLun(256 * MIB);
        target.grant(lun, 1, access);
        return lun;
    }

    private IscsiDisk open(Lun lun, String identity) {
        IscsiDisk disk = IscsiDisk.open(target.address(lun, 1, identity), loops);
        opened.add(disk);
        return disk;
    }

    private void online(Lun lun) throws Exception {
        open(lun, lun.getLun()).online().get(SECONDS, TimeUnit.SECONDS);
    }

    private IscsiDisk disk() {
        return opened.getLast();
    }

    private static int run(Consumer<IoCompletion> io) throws Exception {
        return start(io).get(SECONDS, TimeUnit.SECONDS);
    }

    private static CompletableFuture<Integer> start(Consumer<IoCompletion> io) {
        CompletableFuture<Integer> errno = new CompletableFuture<>();
        io.accept(errno::complete);
        return errno;
    }

    private static ByteBuffer pattern(int bytes, long seed) {
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        return ByteBuffer.allocateDirect(bytes).put(data).flip();
    }

    private void write(long offset, ByteBuffer data) throws Exception {
        assertThat(run(done -> disk().write(offset, data.duplicate(), done))).isZero();
    }

    private ByteBuffer read(long offset, int bytes) throws Exception {
        ByteBuffer into = ByteBuffer.allocateDirect(bytes);
        assertThat(run(done -> disk().read(offset, into.duplicate(), done))).isZero();
        return into;
    }

    @Test
    void readsBackWhatItWroteInSizesFromABlockToBeyondTheTransferLimit() throws Exception {
        online(granted(Access.READ_WRITE));
        assertThat(disk().sizeBytes()).isEqualTo(256 * MIB);
        int[] sizes = {512, 4096, 8192, 65536, 1 << 20, 9 << 20};
        long offset = 0;
        for (int size : sizes) {
            ByteBuffer data = pattern(size, size);
            write(offset, data);
            assertThat(read(offset, size)).isEqualTo(data);
            offset += size;
        }
        assertThat(run(disk()::flush)).isZero();
    }

    @Test
    void discardAndWriteZeroesReadAsZeros() throws Exception {
        online(granted(Access.READ_WRITE));
        ByteBuffer data = pattern(1 << 20, 7);
        for (long offset : new long[] {0, 8 * MIB}) {
            write(offset, data);
        }
        assertThat(run(done -> disk().discard(0, MIB / 2, done))).isZero();
        assertThat(run(done -> disk().writeZeroes(8 * MIB, MIB / 2, done))).isZero();
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) MIB / 2);
        for (long offset : new long[] {0, 8 * MIB}) {
            assertThat(read(offset, (int) MIB / 2)).isEqualTo(zeros);
            assertThat(read(offset + MIB / 2, (int) MIB / 2))
                    .isEqualTo(data.slice((int) MIB / 2, (int) MIB / 2));
        }
        assertThat(run(done -> disk().discard(0, disk().sizeBytes(), done))).isZero();
        assertThat(read(8 * MIB, (int) MIB / 2)).isEqualTo(zeros);
    }

    /**
     * The target dies hard again and again: I/O pauses, none fails, what was acknowledged stays.
     */
    @Test
    void aKilledTargetIsOnlyAPause() throws Exception {
        online(granted(Access.READ_WRITE));
        for (int round = 0; round < 2; round++) {
            CompletableFuture<?>[] writes = new CompletableFuture<?>[64];
            for (int i = 0; i < writes.length; i++) {
                ByteBuffer data = pattern(64 << 10, round * 1000L + i);
                long offset = i * MIB;
                writes[i] =
                        start(done -> disk().write(offset, data, done))
                                .thenAccept(errno -> assertThat(errno).isZero());
                if (i == writes.length / 2) {
                    target.kill();
                }
            }
            target.restart();
            CompletableFuture.allOf(writes).get(SECONDS, TimeUnit.SECONDS);
            for (int i = 0; i < writes.length; i++) {
                assertThat(read(i * MIB, 64 << 10)).isEqualTo(pattern(64 << 10, round * 1000L + i));
            }
        }
    }

    @Test
    void aFenceFailsWhatIsOutAndAllThatFollowsAtOnce() throws Exception {
        Lun lun = granted(Access.READ_WRITE);
        online(lun);
        target.revoke(lun);
        long begin = System.nanoTime();
        ByteBuffer data = pattern(4096, 1);
        assertThat(run(done -> disk().write(0, data, done))).isEqualTo(EIO);
        assertThat(run(disk()::flush)).isEqualTo(EIO);
        assertThat((System.nanoTime() - begin) / 1_000_000_000L).isLessThan(10);
        disk().ended().get(SECONDS, TimeUnit.SECONDS);
        assertThat(target.read(lun).getFormat().getState()).isEqualTo(FormatState.State.BLANK);
    }

    /** The target says it in-band, so the disk is as large as its LUN without being asked. */
    @Test
    void aDiskGrowsWithItsLunWhileItIsUsed() throws Exception {
        Lun lun = granted(Access.READ_WRITE);
        online(lun);
        CompletableFuture<Void> grown = new CompletableFuture<>();
        disk().onGrowth(() -> grown.complete(null));
        write(0, pattern(4096, 1));
        target.expand(lun, 512 * MIB);
        // The unit attention comes with the next command.
        assertThat(read(0, 4096)).isEqualTo(pattern(4096, 1));
        grown.get(SECONDS, TimeUnit.SECONDS);
        assertThat(disk().sizeBytes()).isEqualTo(512 * MIB);
        write(511 * MIB, pattern(4096, 2));
        assertThat(read(511 * MIB, 4096)).isEqualTo(pattern(4096, 2));
    }

    @Test
    void anOlderEpochIsRefusedForGood() throws Exception {
        Lun lun = granted(Access.READ_WRITE);
        target.revoke(lun);
        target.grant(lun, 2, Access.READ_WRITE);
        assertThat(failure(open(lun, lun.getLun()).online()))
                .isEqualTo(UnitException.Reason.REFUSED);
    }

    /** tns-csi#208, democratic-csi#559: a device that is another volume's. */
    @Test
    void anotherUnitThanTheOneAskedForIsNotTouched() throws Exception {
        Lun lun = granted(Access.READ_WRITE);
        assertThat(failure(open(lun, UUID.randomUUID().toString()).online()))
                .isEqualTo(UnitException.Reason.WRONG_UNIT);
        assertThat(target.read(lun).getFormat().getState()).isEqualTo(FormatState.State.BLANK);
    }

    @Test
    void aReadOnlyGrantTakesNoWrites() throws Exception {
        online(granted(Access.READ_ONLY));
        ByteBuffer data = pattern(1 << 20, 1);
        assertThat(run(done -> disk().write(0, data, done))).isEqualTo(EROFS);
        assertThat(read(0, 4096)).isEqualTo(ByteBuffer.allocate(4096));
    }

    @Test
    void formatStateGoesFromBlankToReadyOnce() throws Exception {
        Lun lun = granted(Access.READ_WRITE);
        online(lun);
        FormatStatePage blank = disk().formatState().read().get(SECONDS, TimeUnit.SECONDS);
        assertThat(blank.state()).isEqualTo(State.BLANK);
        assertThat(failure(disk().formatState().begin(blank.generation() + 5, "ext4")))
                .isEqualTo(UnitException.Reason.CHANGED);
        FormatStatePage formatting =
                disk().formatState()
                        .begin(blank.generation(), "ext4")
                        .get(SECONDS, TimeUnit.SECONDS);
        assertThat(formatting.state()).isEqualTo(State.FORMATTING);
        assertThat(formatting.mine()).isTrue();
        write(0, pattern(4096, 3));
        FormatStatePage ready =
                disk().formatState().finish(formatting.generation()).get(SECONDS, TimeUnit.SECONDS);
        assertThat(ready.state()).isEqualTo(State.READY);
        assertThat(ready.filesystem()).isEqualTo("ext4");
        assertThat(failure(disk().formatState().begin(ready.generation(), "ext4")))
                .isEqualTo(UnitException.Reason.NOT_ALLOWED);
        assertThat(target.read(lun).getFormat().getFormattingEntries()).isEqualTo(1);
    }

    @Test
    void closeLogsOut() throws Exception {
        online(granted(Access.READ_WRITE));
        disk().close();
        disk().ended().get(SECONDS, TimeUnit.SECONDS);
        assertThat(disk().status().reason()).isEqualTo("logged out");
    }

    private static UnitException.Reason failure(CompletableFuture<?> future) throws Exception {
        try {
            future.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnitException unit) {
                return unit.reason();
            }
            throw e;
        }
        throw new IOException("it did not fail");
    }
}
