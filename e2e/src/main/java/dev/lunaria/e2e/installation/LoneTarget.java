package dev.lunaria.e2e.installation;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * A {@code lunaria-target run} by itself, with one pool without a reserve, and its admin API: for
 * who looks at the target server alone. Used by one thread; ends with {@link #close}.
 */
public final class LoneTarget implements AutoCloseable {
    private static final String CLUSTER = "lone-target";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Distribution distribution;
    private final Layout layout;
    private final int port;
    private final GrpcChannel admin;
    private final String pool;
    private ServerProcess process;

    private LoneTarget(Distribution distribution, Layout layout, int port, ServerProcess process) {
        this.distribution = distribution;
        this.layout = layout;
        this.port = port;
        this.process = process;
        this.admin = GrpcChannel.open(new Endpoint.Unix(layout.socket("target")));
        this.pool =
                PoolsGrpc.newBlockingStub(admin.channel())
                        .listPools(ListPoolsRequest.getDefaultInstance())
                        .getPools(0)
                        .getPool();
    }

    /**
     * Makes a pool and starts the server.
     *
     * @param root an empty folder
     * @param port of its portal on 127.0.0.1
     */
    public static LoneTarget start(Distribution distribution, Path root, int port)
            throws IOException, InterruptedException {
        var layout = new Layout(root);
        init(distribution, layout);
        ServerProcess process = start(distribution, layout, port);
        try {
            return new LoneTarget(distribution, layout, port, process);
        } catch (RuntimeException e) {
            process.kill();
            throw e;
        }
    }

    private static void init(Distribution distribution, Layout layout)
            throws IOException, InterruptedException {
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

    private static ServerProcess start(Distribution distribution, Layout layout, int port)
            throws IOException, InterruptedException {
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

    public Layout layout() {
        return layout;
    }

    /** Its admin API. */
    public GrpcChannel admin() {
        return admin;
    }

    /** UUID of its pool. */
    public String pool() {
        return pool;
    }

    /** The server's process id, as it runs now. */
    public long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    public void kill() throws IOException, InterruptedException {
        process.kill();
    }

    /** After {@link #kill}. */
    public void restart() throws IOException, InterruptedException {
        process = start(distribution, layout, port);
    }

    /** Makes a LUN. */
    public Lun createLun(String name, long bytes) {
        return LunsGrpc.newBlockingStub(admin.channel())
                .createLun(
                        CreateLunRequest.newBuilder()
                                .setPool(pool)
                                .setLun(UUID.randomUUID().toString())
                                .setName(name)
                                .setSizeBytes(bytes)
                                .setClusterId(CLUSTER)
                                .build());
    }

    /** Who is granted a LUN: an initiator on a node, at an epoch, with both CHAP secrets. */
    public record Grantee(
            String node,
            String initiator,
            long epoch,
            Access access,
            String initiatorSecret,
            String targetSecret) {

        @Override
        public String toString() {
            return "%s on %s at epoch %d".formatted(initiator, node, epoch);
        }
    }

    /** Grants a LUN. */
    public void grant(Lun lun, Grantee grantee) {
        var _ =
                GrantsGrpc.newBlockingStub(admin.channel())
                        .createGrant(
                                CreateGrantRequest.newBuilder()
                                        .setPool(pool)
                                        .setLun(lun.getLun())
                                        .setNode(grantee.node())
                                        .setEpoch(grantee.epoch())
                                        .setAccess(grantee.access())
                                        .setInitiatorName(grantee.initiator())
                                        .setKeyId("k1")
                                        .setChap(
                                                ChapSecrets.newBuilder()
                                                        .setInitiatorSecret(
                                                                grantee.initiatorSecret())
                                                        .setTargetSecret(grantee.targetSecret()))
                                        .build());
    }

    /** SIGTERM, and SIGKILL after 20 s. */
    @Override
    public void close() throws IOException {
        admin.close();
        try {
            var _ = process.terminate(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while lunaria-target was stopping", e);
        }
    }
}
