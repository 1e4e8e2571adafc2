package dev.lunaria.bench.server;

import dev.lunaria.bench.load.LoadAddress;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Portal;
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
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A {@code lunaria-target run} with one pool, one LUN and one grant. */
public final class OurTarget implements MeasuredServer {
    private static final String CLUSTER = "bench";
    private static final String NODE = "bench";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final ServerProcess process;
    private final int port;
    private final Layout layout;
    private final GrantedLun lun;

    private OurTarget(String name, ServerProcess process, int port, Layout layout, GrantedLun lun) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.layout = layout;
        this.lun = lun;
    }

    /**
     * Starts one.
     *
     * @param name for people
     * @param root an empty folder, on the filesystem that is measured
     * @param port of its portal on 127.0.0.1
     * @param bytes of its LUN
     */
    public static OurTarget start(
            String name, Distribution distribution, Path root, int port, long bytes)
            throws IOException, InterruptedException {
        Layout layout = new Layout(root);
        initPool(distribution, layout);
        ServerProcess process =
                ServerProcess.start(
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
        try {
            return new OurTarget(name, process, port, layout, addLun(layout, bytes));
        } catch (RuntimeException e) {
            process.kill();
            throw e;
        }
    }

    /** Makes another LUN of that many bytes, and grants it. */
    public GrantedLun addLun(long bytes) {
        return addLun(layout, bytes);
    }

    private static GrantedLun addLun(Layout layout, long bytes) {
        String forward = secret();
        String back = secret();
        try (GrpcChannel admin = GrpcChannel.open(new Endpoint.Unix(layout.socket("target")))) {
            Lun lun = createLun(admin, bytes);
            grant(admin, lun, forward, back);
            return new GrantedLun(lun.getPool(), lun.getLun(), lun.getTargetName(), forward, back);
        }
    }

    private static String secret() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static void initPool(Distribution distribution, Layout layout)
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

    private static Lun createLun(GrpcChannel admin, long bytes) {
        String pool =
                PoolsGrpc.newBlockingStub(admin.channel())
                        .listPools(ListPoolsRequest.getDefaultInstance())
                        .getPools(0)
                        .getPool();
        return LunsGrpc.newBlockingStub(admin.channel())
                .createLun(
                        CreateLunRequest.newBuilder()
                                .setPool(pool)
                                .setLun(UUID.randomUUID().toString())
                                .setName("bench")
                                .setSizeBytes(bytes)
                                .setClusterId(CLUSTER)
                                .build());
    }

    private static void grant(GrpcChannel admin, Lun lun, String forward, String back) {
        var _ =
                GrantsGrpc.newBlockingStub(admin.channel())
                        .createGrant(
                                CreateGrantRequest.newBuilder()
                                        .setPool(lun.getPool())
                                        .setLun(lun.getLun())
                                        .setNode(NODE)
                                        .setEpoch(1)
                                        .setAccess(Access.READ_WRITE)
                                        .setInitiatorName(INITIATOR)
                                        .setKeyId("k1")
                                        .setChap(
                                                ChapSecrets.newBuilder()
                                                        .setInitiatorSecret(forward)
                                                        .setTargetSecret(back))
                                        .build());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LoadAddress address() {
        return new LoadAddress(
                portal(),
                INITIATOR,
                lun.targetName(),
                0,
                Optional.of(new ChapCredential(INITIATOR, ChapSecret.of(lun.initiatorSecret()))),
                Optional.of(
                        new ChapCredential(lun.targetName(), ChapSecret.of(lun.targetSecret()))));
    }

    /** Where it listens. */
    public Portal portal() {
        return new Portal("127.0.0.1", port);
    }

    /** The LUN that it began with. */
    public GrantedLun lun() {
        return lun;
    }

    @Override
    public String url() {
        return "iscsi://127.0.0.1:%d/%s/0".formatted(port, lun.targetName());
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "LIBISCSI_CHAP_USERNAME",
                INITIATOR,
                "LIBISCSI_CHAP_PASSWORD",
                lun.initiatorSecret());
    }

    @Override
    public ProcessUse process() {
        return new ProcessUse(process.pid());
    }

    @Override
    public void close() throws IOException {
        try {
            process.terminate(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while lunaria-target was stopping", e);
        }
    }
}
