package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.iscsi.scsi.ReserveInData;
import dev.lunaria.iscsi.scsi.ReserveOutList;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.PoolIdentity;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real process, over loopback: initiators that nobody here wrote, and one that was. */
class TargetServerIT {

    private static final String LUN = "11111111-2222-4333-8444-555555555555";
    private static final String POOL = "7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f";
    private static final String NODE = "mybox0";
    private static final String INITIATOR = "iqn.2026-11.dev.lunaria:node:test:mybox0";
    private static final String OTHER_NODE = "mybox1";
    private static final String OTHER_INITIATOR = "iqn.2026-11.dev.lunaria:node:test:mybox1";
    private static final int BLOCK = LoopbackInitiator.BLOCK;
    private static final long GIB = 1L << 30;
    private static final AdditionalSense CAPACITY_CHANGED = AdditionalSense.CAPACITY_DATA_CHANGED;

    @TempDir private Path folder = Path.of("");

    private @Nullable ServerUnderTest running;

    @BeforeEach
    void startServer() throws IOException {
        Files.createDirectory(poolFolder());
        Catalog.initialise(new FolderFiles(poolFolder()), new PoolIdentity(POOL, "test"));
        running = ServerUnderTest.start(poolFolder(), folder, 0);
    }

    @AfterEach
    void stopServer() {
        if (running != null) {
            running.close();
        }
    }

    @Test
    void what_was_acknowledged_is_there_after_sigkill_and_sigterm() throws Exception {
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR);
        byte[] stamped = stamp(7);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            initiator.write(8, stamped, true);
            initiator.write(2048, stamped, false);
        }
        int port = server().port();
        server().kill();
        server().close();
        running = ServerUnderTest.start(poolFolder(), folder, port);
        assertThat(server().port()).isEqualTo(port);
        Lun after = lun();
        assertThat(after.getGrants(0).getState()).isEqualTo(Grant.State.ACTIVE);
        assertThat(after.getFormat().getState()).isEqualTo(FormatState.State.READY);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            assertThat(initiator.read(8, 8)).isEqualTo(stamped);
            assertThat(initiator.read(2048, 8)).isEqualTo(stamped);
            assertThat(initiator.read(4096, 8)).containsOnly(0);
            assertThat(server().stop()).isZero();
        }
    }

    private static void register(LoopbackInitiator initiator, long key) throws IOException {
        reserveOut(
                initiator,
                OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE,
                ReserveOutList.of(0, key, false, false));
    }

    private static void reserveOut(
            LoopbackInitiator initiator, OperationCode operation, ReserveOutList list)
            throws IOException {
        initiator.send(
                new Cdb.PersistentReserveOut(
                        operation, 0, ReservationType.WRITE_EXCLUSIVE.code(), ReserveOutList.BYTES),
                list.encode(operation));
    }

    private static ReserveInData.Reservation reservation(LoopbackInitiator initiator)
            throws IOException {
        return ReserveInData.Reservation.parse(
                ByteBuffer.wrap(
                        initiator.receive(
                                new Cdb.PersistentReserveIn(
                                        OperationCode.PERSISTENT_RESERVE_IN_READ_RESERVATION, 64),
                                64)));
    }

    /** Traps of storage: a mere restart keeps all reservations, a fence removes its node's. */
    @Test
    void reservations_survive_sigkill_and_end_with_the_fence_of_their_node() throws Exception {
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR, false);
        grant(1, OTHER_NODE, OTHER_INITIATOR, false);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            register(initiator, 0xaL);
            reserveOut(
                    initiator,
                    OperationCode.PERSISTENT_RESERVE_OUT_RESERVE,
                    ReserveOutList.of(0xaL, 0, false, false));
        }
        server().kill();
        server().close();
        running = ServerUnderTest.start(poolFolder(), folder, 0);
        try (LoopbackInitiator other = login(lun, 1, OTHER_INITIATOR);
                LoopbackInitiator initiator = login(lun, 1)) {
            initiator.write(0, stamp(1), false);
            assertThat(reservation(other).key()).isEqualTo(0xaL);
            assertThatThrownBy(() -> other.write(0, stamp(2), false))
                    .hasMessageContaining("SCSI status " + ScsiStatus.RESERVATION_CONFLICT.code());
            revoke(NODE);
            assertThat(reservation(other).type()).isNull();
            other.write(0, stamp(3), false);
        }
        assertThat(Files.readString(data().resolveSibling("reservations.json")))
                .doesNotContain(INITIATOR);
    }

    @Test
    void after_a_crash_of_the_machine_who_had_unflushed_writes_sees_errors_until_it_detaches()
            throws Exception {
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            initiator.write(0, stamp(1), false);
        }
        server().kill();
        server().close();
        // The same as if the machine had another boot id now.
        Path note = data().resolveSibling("unflushed.json");
        String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        assertThat(Files.readString(note)).contains(bootId, NODE);
        Files.writeString(note, Files.readString(note).replace(bootId, "an-earlier-boot"));
        running = ServerUnderTest.start(poolFolder(), folder, 0);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            assertThatThrownBy(() -> initiator.write(0, stamp(2), false))
                    .hasMessageContaining("CHECK CONDITION");
            assertThatThrownBy(initiator::flush).hasMessageContaining("CHECK CONDITION");
            assertThat(stampOf(initiator.read(0, 8))).isEqualTo(1);
        }
        revoke(NODE);
        grant(2, NODE, INITIATOR);
        try (LoopbackInitiator initiator = login(lun, 2)) {
            initiator.write(0, stamp(3), false);
            initiator.flush();
        }
    }

    @Test
    void a_revoked_grant_ends_its_writer_and_nothing_is_written_after_the_answer()
            throws Exception {
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR);
        AtomicLong acknowledged = new AtomicLong();
        CountDownLatch writing = new CountDownLatch(20);
        LoopbackInitiator initiator = login(lun, 1);
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> {
                    try {
                        for (long stamp = 1; ; stamp++) {
                            initiator.write(0, stamp(stamp), false);
                            acknowledged.set(stamp);
                            writing.countDown();
                        }
                    } catch (IOException e) {
                        ended.complete(e);
                    }
                });
        assertThat(writing.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> grant(1, "mybox1", INITIATOR + "1"))
                .satisfies(e -> assertCode(e, Status.Code.FAILED_PRECONDITION));

        Grant fenced = revoke(NODE);

        long newest = newestStamp();
        assertThat(fenced.getState()).isEqualTo(Grant.State.REVOKED);
        assertThat(fenced.getEpoch()).isEqualTo(2);
        assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        assertThat(newestStamp()).isEqualTo(newest).isGreaterThanOrEqualTo(acknowledged.get());
        assertThat(sessions()).isZero();
        initiator.close();
        // The old secret, and a grant that was asked for before the fence and arrives now.
        assertThatThrownBy(() -> login(lun, 1)).satisfies(this::assertNotAuthorised);
        assertThatThrownBy(() -> grant(1, NODE, INITIATOR))
                .satisfies(e -> assertCode(e, Status.Code.ABORTED));
        grant(2, NODE, INITIATOR);
        assertThatThrownBy(() -> login(lun, 1)).isInstanceOf(LoopbackInitiator.Refused.class);
        try (LoopbackInitiator again = login(lun, 2)) {
            assertThat(stampOf(again.read(0, 8))).isEqualTo(newest);
        }
    }

    /** SPC-4 §6.1: CAPACITY DATA HAS CHANGED; to each nexus once, however often it is asked for. */
    @Test
    void a_lun_grows_while_it_is_used_and_every_nexus_hears_of_it_once() throws Exception {
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            assertThat(initiator.capacity()).isEqualTo(GIB);
            assertThat(initiator.conditions()).doesNotContain(CAPACITY_CHANGED);
            initiator.write(0, stamp(1), true);
            assertThatThrownBy(() -> initiator.read(GIB / BLOCK, 8))
                    .hasMessageContaining("CHECK CONDITION");

            assertThat(expand(2 * GIB).getSizeBytes()).isEqualTo(2 * GIB);
            assertThat(expand(2 * GIB).getSizeBytes()).isEqualTo(2 * GIB);
            assertThat(expand(GIB).getSizeBytes()).isEqualTo(2 * GIB);

            var _ = initiator.conditions();
            assertThat(initiator.capacity()).isEqualTo(2 * GIB);
            assertThat(initiator.conditions()).containsExactly(CAPACITY_CHANGED);
            initiator.write(2 * GIB / BLOCK - 8, stamp(2), true);
            assertThat(initiator.read(2 * GIB / BLOCK - 8, 8)).isEqualTo(stamp(2));
            assertThat(initiator.read(GIB / BLOCK, 8)).containsOnly(0);
            assertThat(initiator.read(0, 8)).isEqualTo(stamp(1));
            assertThat(initiator.conditions()).isEmpty();
        }
        server().kill();
        server().close();
        running = ServerUnderTest.start(poolFolder(), folder, 0);
        assertThat(lun().getSizeBytes()).isEqualTo(2 * GIB);
        assertThat(expand(3 * GIB).getSizeBytes()).isEqualTo(3 * GIB);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            assertThat(initiator.capacity()).isEqualTo(3 * GIB);
            assertThat(initiator.read(2 * GIB / BLOCK - 8, 8)).isEqualTo(stamp(2));
        }
    }

    @Test
    void a_lun_is_made_at_once_takes_no_space_and_is_deleted_only_without_grants()
            throws Exception {
        Lun lun = createLun(40 * GIB);
        assertThat(lun.getAllocatedBytes()).isLessThan(1 << 16);
        assertThat(lun.getFormat().getState()).isEqualTo(FormatState.State.BLANK);
        assertThat(createLun(40 * GIB)).isEqualTo(lun);
        assertThatThrownBy(() -> createLun(GIB))
                .satisfies(e -> assertCode(e, Status.Code.ALREADY_EXISTS));
        grant(1, NODE, INITIATOR);
        try (LoopbackInitiator initiator = login(lun, 1)) {
            initiator.write(0, stamp(1), true);
            assertThat(sessions()).isEqualTo(1);
            assertThatThrownBy(this::delete)
                    .satisfies(e -> assertCode(e, Status.Code.FAILED_PRECONDITION));
        }
        revoke("");
        delete();
        delete();
        assertThat(poolFolder().resolve("luns")).isEmptyDirectory();
        assertThat(poolFolder().resolve("deleting")).isEmptyDirectory();
        assertThatThrownBy(() -> login(lun, 1))
                .satisfies(e ->
                        assertThat(((LoopbackInitiator.Refused) e).status())
                                .isEqualTo(LoginStatus.NOT_FOUND));
        assertThat(revokeAll().getGrantsCount()).isZero();
    }

    @Test
    void initiators_that_nobody_here_wrote_find_the_lun_and_its_size() throws Exception {
        assumeTool("iscsi-ls");
        assumeTool("iscsi-inq");
        assumeTool("iscsi-readcapacity16");
        Lun lun = createLun(GIB);
        grant(1, NODE, INITIATOR);
        String portal = "127.0.0.1:" + server().port();
        assertThat(run("iscsi-ls", "-i", INITIATOR, "iscsi://" + portal))
                .contains(lun.getTargetName());
        String url = "iscsi://%s/%s/0".formatted(portal, lun.getTargetName());
        assertThat(run("iscsi-inq", "-i", INITIATOR, url)).containsIgnoringCase("lunaria");
        assertThat(run("iscsi-readcapacity16", "-i", INITIATOR, url)).contains("Total size:" + GIB);
    }

    @Test
    void qemu_img_converts_to_and_from_a_lun_without_a_changed_byte() throws Exception {
        assumeTool("qemu-img");
        byte[] content = new byte[16 << 20];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 4 << 20, 8 << 20, (byte) 0);
        Path source = Files.write(folder.resolve("source.raw"), content);
        Path back = folder.resolve("back.raw");
        Lun lun = createLun(content.length);
        grant(1, NODE, INITIATOR);
        String url =
                "driver=iscsi,transport=tcp,portal=127.0.0.1:%d,target=%s,lun=0,initiator-name=%s"
                                .formatted(server().port(), lun.getTargetName(), INITIATOR)
                        + ",user=%s,password-secret=s".formatted(INITIATOR);
        String secret = "secret,id=s,data=" + secret("initiator", 1);
        run(
                "qemu-img",
                "convert",
                "-n",
                "--object",
                secret,
                "-f",
                "raw",
                "--target-image-opts",
                source.toString(),
                url);
        run(
                "qemu-img",
                "convert",
                "--object",
                secret,
                "-O",
                "raw",
                "--image-opts",
                url,
                back.toString());
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
        assertThat(Files.mismatch(source, data())).isEqualTo(-1);
    }

    private ServerUnderTest server() {
        if (running == null) {
            throw new IllegalStateException("the server runs during a test");
        }
        return running;
    }

    private Path poolFolder() {
        return folder.resolve("pool");
    }

    private Path data() {
        return poolFolder().resolve("luns").resolve(LUN).resolve("data");
    }

    private LunsGrpc.LunsBlockingStub luns() {
        return LunsGrpc.newBlockingStub(server().admin().channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private GrantsGrpc.GrantsBlockingStub grants() {
        return GrantsGrpc.newBlockingStub(server().admin().channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private Lun createLun(long bytes) {
        return luns().createLun(
                        CreateLunRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setName("pvc-1")
                                .setSizeBytes(bytes)
                                .setClusterId("test")
                                .build());
    }

    private Lun lun() {
        return luns().getLun(GetLunRequest.newBuilder().setPool(POOL).setLun(LUN).build());
    }

    private Lun expand(long bytes) {
        return luns().expandLun(
                        ExpandLunRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setSizeBytes(bytes)
                                .build());
    }

    private void delete() {
        luns().deleteLun(DeleteLunRequest.newBuilder().setPool(POOL).setLun(LUN).build());
    }

    private Grant grant(long epoch, String node, String initiator) {
        return grant(epoch, node, initiator, true);
    }

    private Grant grant(long epoch, String node, String initiator, boolean exclusive) {
        return grants().createGrant(
                        CreateGrantRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setNode(node)
                                .setEpoch(epoch)
                                .setAccess(Access.READ_WRITE)
                                .setExclusive(exclusive)
                                .setInitiatorName(initiator)
                                .setKeyId("k1")
                                .setChap(
                                        ChapSecrets.newBuilder()
                                                .setInitiatorSecret(secret("initiator", epoch))
                                                .setTargetSecret(secret("target", epoch)))
                                .build());
    }

    private Grant revoke(String node) {
        return grants().revokeGrant(
                        RevokeGrantRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setNode(node)
                                .build())
                .getGrants(0);
    }

    private dev.lunaria.proto.target.v1.RevokeGrantResponse revokeAll() {
        return grants().revokeGrant(
                        RevokeGrantRequest.newBuilder().setPool(POOL).setLun(LUN).build());
    }

    private int sessions() {
        return SessionsGrpc.newBlockingStub(server().admin().channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .listSessions(ListSessionsRequest.newBuilder().setLun(LUN).build())
                .getSessionsCount();
    }

    private LoopbackInitiator login(Lun lun, long epoch) throws IOException {
        return login(lun, epoch, INITIATOR);
    }

    private LoopbackInitiator login(Lun lun, long epoch, String initiator) throws IOException {
        return LoopbackInitiator.login(
                server().port(),
                initiator,
                lun.getTargetName(),
                secret("initiator", epoch),
                secret("target", epoch));
    }

    private static String secret(String direction, long epoch) {
        return "%s-secret-of-epoch-%d".formatted(direction, epoch);
    }

    private static byte[] stamp(long stamp) {
        byte[] block = new byte[8 * BLOCK];
        ByteBuffer buffer = ByteBuffer.wrap(block);
        while (buffer.hasRemaining()) {
            buffer.putLong(stamp);
        }
        return block;
    }

    private static long stampOf(byte[] block) {
        return ByteBuffer.wrap(block).getLong();
    }

    private long newestStamp() throws IOException {
        try (var in = Files.newInputStream(data())) {
            return stampOf(in.readNBytes(8 * BLOCK));
        }
    }

    private void assertNotAuthorised(Throwable e) {
        assertThat(e)
                .isInstanceOfSatisfying(
                        LoopbackInitiator.Refused.class,
                        refused ->
                                assertThat(refused.status())
                                        .isEqualTo(LoginStatus.AUTHORIZATION_FAILURE));
    }

    private static void assertCode(Throwable e, Status.Code code) {
        assertThat(((StatusRuntimeException) e).getStatus().getCode()).isEqualTo(code);
    }

    private static void assumeTool(String name) {
        boolean there =
                List.of(System.getenv("PATH").split(File.pathSeparator)).stream()
                        .anyMatch(path -> Files.isExecutable(Path.of(path, name)));
        assumeTrue(there, name + " is not installed (Debian: libiscsi-bin, qemu-utils)");
    }

    /** Runs a tool to its end, with the CHAP secrets of epoch 1 where libiscsi looks for them. */
    private static String run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LIBISCSI_CHAP_USERNAME", INITIATOR);
        builder.environment().put("LIBISCSI_CHAP_PASSWORD", secret("initiator", 1));
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }
}
