package dev.lunaria.e2e.disk;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.node.disk.session.DiskAddress;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A target server process with one pool, and its admin API. One thread; ended by {@link #close}.
 */
final class OneTarget {
    static final String NODE = "mybox0";
    static final String INITIATOR = "iqn.2026-11.dev.lunaria:test:mybox0";
    private static final String CLUSTER = "disk-test";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Distribution distribution;
    private final Layout layout;
    private final int port;
    private final GrpcChannel admin;
    private final String pool;
    private ServerProcess server;

    private OneTarget(Distribution distribution, Path root)
            throws IOException, InterruptedException {
        this.distribution = distribution;
        layout = new Layout(root);
        port = freePort();
        init();
        server = start();
        admin = GrpcChannel.open(new Endpoint.Unix(layout.socket("target")));
        pool =
                PoolsGrpc.newBlockingStub(admin.channel())
                        .listPools(ListPoolsRequest.getDefaultInstance())
                        .getPools(0)
                        .getPool();
    }

    /** Starts one in a folder; skips the test where the programs aren't built. */
    static OneTarget start(Path root) throws IOException, InterruptedException {
        Optional<Distribution> built = Distribution.find();
        assumeTrue(built.isPresent(), "needs the built programs: ./mvnw package");
        return new OneTarget(built.get(), root);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void init() throws IOException, InterruptedException {
        Files.createDirectories(layout.pool());
        Process init =
                new ProcessBuilder(
                                distribution.targetServer().toString(),
                                "init",
                                "--pool",
                                layout.pool().toString(),
                                "--cluster-id",
                                CLUSTER)
                        .redirectErrorStream(true)
                        .start();
        String out = new String(init.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (init.waitFor() != 0) {
            throw new IOException("lunaria-target init: " + out);
        }
    }

    private ServerProcess start() throws IOException, InterruptedException {
        return ServerProcess.start(
                layout,
                "target",
                distribution.targetServer(),
                List.of(
                        "run",
                        "--pool",
                        layout.pool().toString(),
                        "--portal",
                        "127.0.0.1:" + port,
                        "--admin",
                        "unix://" + layout.socket("target"),
                        "--state-folder",
                        layout.state("target").toString(),
                        "--reserve-mib",
                        "0"),
                layout.socket("target"));
    }

    Layout layout() {
        return layout;
    }

    Distribution distribution() {
        return distribution;
    }

    /** SIGKILL. */
    void kill() throws IOException, InterruptedException {
        server.kill();
    }

    /** After {@link #kill}. */
    void restart() throws IOException, InterruptedException {
        server = start();
    }

    Lun createLun(long bytes) {
        return LunsGrpc.newBlockingStub(admin.channel())
                .createLun(
                        CreateLunRequest.newBuilder()
                                .setPool(pool)
                                .setLun(UUID.randomUUID().toString())
                                .setName("volume")
                                .setSizeBytes(bytes)
                                .setClusterId(CLUSTER)
                                .build());
    }

    void expand(Lun lun, long bytes) {
        var _ =
                LunsGrpc.newBlockingStub(admin.channel())
                        .expandLun(
                                ExpandLunRequest.newBuilder()
                                        .setPool(pool)
                                        .setLun(lun.getLun())
                                        .setSizeBytes(bytes)
                                        .build());
    }

    Lun read(Lun lun) {
        return LunsGrpc.newBlockingStub(admin.channel())
                .getLun(GetLunRequest.newBuilder().setPool(pool).setLun(lun.getLun()).build());
    }

    /** Grants it to the node. */
    void grant(Lun lun, long epoch, Access access) {
        var _ =
                GrantsGrpc.newBlockingStub(admin.channel())
                        .createGrant(
                                CreateGrantRequest.newBuilder()
                                        .setPool(pool)
                                        .setLun(lun.getLun())
                                        .setNode(NODE)
                                        .setEpoch(epoch)
                                        .setAccess(access)
                                        .setInitiatorName(INITIATOR)
                                        .setKeyId("k1")
                                        .setChap(
                                                ChapSecrets.newBuilder()
                                                        .setInitiatorSecret(secret("i", epoch))
                                                        .setTargetSecret(secret("t", epoch)))
                                        .build());
    }

    /** Fences the node. */
    void revoke(Lun lun) {
        var _ =
                GrantsGrpc.newBlockingStub(admin.channel())
                        .revokeGrant(
                                RevokeGrantRequest.newBuilder()
                                        .setPool(pool)
                                        .setLun(lun.getLun())
                                        .setNode(NODE)
                                        .build());
    }

    /** How many sessions the LUN has. */
    int sessions(Lun lun) {
        return SessionsGrpc.newBlockingStub(admin.channel())
                .listSessions(
                        ListSessionsRequest.newBuilder().setPool(pool).setLun(lun.getLun()).build())
                .getSessionsCount();
    }

    private static String secret(String direction, long epoch) {
        return "a secret of direction %s and epoch %d".formatted(direction, epoch);
    }

    /** Of its portal, on loopback. */
    int port() {
        return port;
    }

    /** How to log in to it, by our own session. */
    DiskAddress address(Lun lun, long epoch, String identity) {
        return address(lun, epoch, identity, port, OperationalWants.forInitiator());
    }

    /** The same through another port, and with something else to negotiate. */
    DiskAddress address(Lun lun, long epoch, String identity, int through, OperationalWants wants) {
        return new DiskAddress(
                new SessionSettings(
                        List.of(new Portal("127.0.0.1", through)),
                        INITIATOR,
                        lun.getTargetName(),
                        Isid.of(NODE, lun.getLun(), "test"),
                        Optional.of(credential(INITIATOR, secret("i", epoch))),
                        Optional.of(credential(lun.getTargetName(), secret("t", epoch))),
                        wants,
                        RecoverySettings.DEFAULTS),
                identity,
                false);
    }

    private static ChapCredential credential(String name, String secret) {
        return new ChapCredential(name, ChapSecret.of(secret));
    }

    /** How to attach it, through the disk process. */
    AttachRequest attach(Lun lun, long epoch) {
        return AttachRequest.newBuilder()
                .setVolumeId(pool + "/" + lun.getLun())
                .setEpoch(epoch)
                .setTargetName(lun.getTargetName())
                .addPortals("127.0.0.1:" + port)
                .setInitiatorName(INITIATOR)
                .setIdentity(lun.getLun())
                .setInitiatorSecret(secret("i", epoch))
                .setTargetSecret(secret("t", epoch))
                .build();
    }

    /** Stops the server. */
    void close() throws IOException, InterruptedException {
        admin.close();
        server.terminate(PATIENCE);
    }
}
