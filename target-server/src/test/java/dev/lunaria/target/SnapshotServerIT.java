package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.PoolIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots and LUNs made from them, of the real process, while initiators write to it. */
class SnapshotServerIT {

    private static final String POOL = new UUID(7, 7).toString();
    private static final String INITIATOR = "iqn.2026-11.dev.lunaria:node:test:mybox0";
    private static final long LUN_BYTES = 64L << 20;
    private static final int BLOCKS = 8;

    @TempDir private Path folder = Path.of("");
    private @Nullable ServerUnderTest running;

    @BeforeEach
    void startServer() throws IOException {
        Path pool = Files.createDirectory(folder.resolve("pool"));
        Catalog.initialise(new FolderFiles(pool), new PoolIdentity(POOL, "test"));
        running = ServerUnderTest.start(pool, folder, 0);
    }

    @AfterEach
    void stopServer() {
        if (running != null) {
            running.close();
        }
    }

    private ServerUnderTest server() {
        if (running == null) {
            throw new IllegalStateException("the server runs during a test");
        }
        return running;
    }

    /**
     * What was acknowledged before the call is in the snapshot, what began after its answer isn't,
     * and the writer notices nothing but a pause.
     */
    @Test
    void a_snapshot_of_a_lun_being_written_is_restored_and_read_by_another_session()
            throws Exception {
        Lun lun = create(1, LunSource.getDefaultInstance());
        grant(lun);
        AtomicLong acknowledged = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch writing = new CountDownLatch(20);
        CompletableFuture<Void> writer =
                CompletableFuture.runAsync(() -> {
                    try (LoopbackInitiator initiator = login(lun)) {
                        for (long stamp = 1; !stop.get(); stamp++) {
                            initiator.write(stamp % 100 * BLOCKS, stamp(stamp), false);
                            acknowledged.set(stamp);
                            writing.countDown();
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
        assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
        long before = acknowledged.get();
        snapshot(lun, 2);
        long after = acknowledged.get() + 1;
        while (acknowledged.get() < after + 100) {
            assertThat(writer).isNotDone();
            Thread.onSpinWait();
        }
        stop.set(true);
        writer.get(60, TimeUnit.SECONDS);

        Lun restored = whole(create(3, LunSource.newBuilder().setSnapshot(id(2)).build()));
        assertThat(restored.getFormat().getState()).isEqualTo(FormatState.State.READY);
        grant(restored);
        long newest = 0;
        try (LoopbackInitiator initiator = login(restored)) {
            for (int place = 0; place < 100; place++) {
                byte[] block = initiator.read((long) place * BLOCKS, BLOCKS);
                newest = Math.max(newest, ByteBuffer.wrap(block).getLong());
            }
            assertThat(newest).isBetween(before, after);
            // None of those before it is missing, none after it is there.
            for (long stamp = Math.max(1, newest - 99); stamp <= newest; stamp++) {
                assertThat(initiator.read(stamp % 100 * BLOCKS, BLOCKS)).isEqualTo(stamp(stamp));
            }
        }
    }

    @Test
    void after_sigkill_a_snapshot_is_whole_or_has_failed_and_what_is_filled_from_one_goes_on()
            throws Exception {
        Lun lun = create(1, LunSource.getDefaultInstance());
        grant(lun);
        try (LoopbackInitiator initiator = login(lun)) {
            for (int i = 0; i < 200; i++) {
                initiator.write(i * 600L, stamp(i), false);
            }
        }
        whole(snapshot(lun, 2));
        snapshot(lun, 3);
        Lun restored = create(4, LunSource.newBuilder().setSnapshot(id(2)).build());
        server().kill();
        server().close();
        running = ServerUnderTest.start(folder.resolve("pool"), folder, 0);
        assertThat(snapshotNow(3).getState()).isIn(Snapshot.State.READY, Snapshot.State.FAILED);
        assertThat(whole(snapshotNow(2)).getState()).isEqualTo(Snapshot.State.READY);
        grant(whole(restored));
        try (LoopbackInitiator initiator = login(restored)) {
            for (int i = 0; i < 200; i++) {
                assertThat(initiator.read(i * 600L, BLOCKS)).isEqualTo(stamp(i));
            }
        }
    }

    private static String id(int number) {
        return new UUID(number, number).toString();
    }

    private Lun create(int number, LunSource source) {
        CreateLunRequest.Builder request =
                CreateLunRequest.newBuilder()
                        .setPool(POOL)
                        .setLun(id(number))
                        .setName("pvc")
                        .setSizeBytes(LUN_BYTES)
                        .setClusterId("test");
        if (source.getSourceCase() != LunSource.SourceCase.SOURCE_NOT_SET) {
            request.setSource(source);
        }
        return luns().createLun(request.build());
    }

    private LunsGrpc.LunsBlockingStub luns() {
        return LunsGrpc.newBlockingStub(server().admin().channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private SnapshotsGrpc.SnapshotsBlockingStub snapshots() {
        return SnapshotsGrpc.newBlockingStub(server().admin().channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private Snapshot snapshot(Lun lun, int number) {
        CreateSnapshotsRequest.Builder request = CreateSnapshotsRequest.newBuilder();
        request.addEntriesBuilder()
                .setPool(POOL)
                .setLun(lun.getLun())
                .setSnapshot(id(number))
                .setName("backup");
        return snapshots().createSnapshots(request.build()).getSnapshots(0);
    }

    private Snapshot snapshotNow(int number) {
        return snapshots()
                .getSnapshot(
                        GetSnapshotRequest.newBuilder()
                                .setPool(POOL)
                                .setSnapshot(id(number))
                                .build());
    }

    private Snapshot whole(Snapshot snapshot) {
        Snapshot now = snapshot;
        while (now.getState() == Snapshot.State.COPYING) {
            now =
                    snapshots()
                            .getSnapshot(
                                    GetSnapshotRequest.newBuilder()
                                            .setPool(POOL)
                                            .setSnapshot(snapshot.getSnapshot())
                                            .build());
        }
        assertThat(now.getState()).isEqualTo(Snapshot.State.READY);
        return now;
    }

    private Lun whole(Lun lun) {
        GetLunRequest get = GetLunRequest.newBuilder().setPool(POOL).setLun(lun.getLun()).build();
        Lun now = luns().getLun(get);
        while (now.getContent() == Lun.Content.COPYING) {
            now = luns().getLun(get);
        }
        assertThat(now.getContent()).isEqualTo(Lun.Content.READY);
        return now;
    }

    private void grant(Lun lun) {
        var _ =
                GrantsGrpc.newBlockingStub(server().admin().channel())
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .createGrant(
                                CreateGrantRequest.newBuilder()
                                        .setPool(POOL)
                                        .setLun(lun.getLun())
                                        .setNode("mybox0")
                                        .setEpoch(1)
                                        .setAccess(Access.READ_WRITE)
                                        .setInitiatorName(INITIATOR)
                                        .setKeyId("k1")
                                        .setChap(
                                                ChapSecrets.newBuilder()
                                                        .setInitiatorSecret("initiator-secret")
                                                        .setTargetSecret("the-target-secret"))
                                        .build());
    }

    private LoopbackInitiator login(Lun lun) throws IOException {
        return LoopbackInitiator.login(
                server().port(),
                INITIATOR,
                lun.getTargetName(),
                "initiator-secret",
                "the-target-secret");
    }

    private static byte[] stamp(long stamp) {
        byte[] blocks = new byte[BLOCKS * LoopbackInitiator.BLOCK];
        ByteBuffer buffer = ByteBuffer.wrap(blocks);
        while (buffer.hasRemaining()) {
            buffer.putLong(stamp);
        }
        return blocks;
    }
}
