package dev.lunaria.node.disk.process;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.health.HealthServer;
import dev.lunaria.service.health.Readiness;
import dev.lunaria.service.log.LunariaLogging;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.state.SingleInstance;
import dev.lunaria.service.state.StateFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code lunaria-node disk}: the data process of a node's user-space disks. Main thread.
 *
 * <p>It holds the iSCSI sessions and gives the kernel one block device a volume, for a node plugin
 * that may come and go. Asked to stop, it takes no more calls and detaches what nobody uses; what
 * is mounted ends with the process: its I/O fails, flushed data is safe at the target.
 */
@Command(
        name = "disk",
        description = "Serve user-space disks to the node plugin of this host, until stopped.")
public final class DiskProgram implements Callable<Integer>, Bounded {
    private static final Logger log = LoggerFactory.getLogger(DiskProgram.class);

    private static final Duration STOP_WITHIN = Duration.ofSeconds(25);
    private static final Duration CALLS_END_WITHIN = Duration.ofSeconds(2);

    /** Calls at a time; each may wait for the kernel. */
    private static final int THREADS = 32;

    @Mixin private CommonOptions common = new CommonOptions();

    @Option(
            names = "--node-name",
            required = true,
            paramLabel = "NAME",
            description = "Name of this node; the same as the node plugin's.")
    private String node = "";

    @Option(
            names = "--state-folder",
            defaultValue = "/var/lib/lunaria/disk",
            paramLabel = "FOLDER",
            description = "Folder of this process alone, for its lock and its FUSE files.")
    private Path stateFolder = Path.of("/var/lib/lunaria/disk");

    @Option(
            names = "--disk-socket",
            defaultValue = "unix:///run/lunaria/disk.sock",
            paramLabel = "ENDPOINT",
            description = "Where the node plugin calls.")
    private Endpoint socket = new Endpoint.Unix(Path.of("/run/lunaria/disk.sock"));

    @Option(
            names = "--queue-depth",
            defaultValue = "32",
            paramLabel = "N",
            description = "Reads and writes under way at once for each disk.")
    private int queueDepth = 32;

    @Option(
            names = "--digests",
            defaultValue = "none",
            paramLabel = "none|header|data|all",
            description = "Which parts of each iSCSI PDU carry a checksum, CRC32C.")
    private DigestSetting digests = DigestSetting.NONE;

    @Option(
            names = "--health",
            paramLabel = "HOST:PORT",
            description =
                    "Where /healthz, /readyz and /metrics are served, over HTTP. None: nowhere.")
    private @Nullable Endpoint health;

    /** What it tells Prometheus, for documents: without disks behind it. */
    public static Metrics metrics() {
        return new DiskMetrics().metrics();
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of(
                "--node-name", Bound.NODE_NAME,
                "--disk-socket", new Bound.UnixSocket(),
                "--queue-depth", new Bound.Whole(1, 128),
                "--health", new Bound.TcpAddress());
    }

    DiskSettings settings() {
        return new DiskSettings(
                node,
                stateFolder,
                socket.unix(),
                queueDepth,
                digests,
                Optional.ofNullable(health).map(Endpoint::tcp));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        DiskSettings settings = settings();
        becomePartOfReclaim();
        try (Lifecycle lifecycle = new Lifecycle(STOP_WITHIN)) {
            lifecycle.onReload("log level", common::reloadLogLevel);
            LunariaLogging.node(settings.node());
            var readiness = new Readiness();
            var metrics = new DiskMetrics();
            Optional<HealthServer> health =
                    settings.health()
                            .map(address ->
                                    lifecycle.add(
                                            "health",
                                            HealthServer.start(
                                                    address, readiness, metrics.metrics())));
            Path state = StateFolder.open(settings.stateFolder());
            lifecycle.add("lock", SingleInstance.acquire(state));
            Volumes volumes =
                    lifecycle.add(
                            "volumes",
                            Volumes.open(
                                    state.resolve("disks"), fuse(settings.queueDepth()), metrics));
            lifecycle.add(
                    "server",
                    GrpcServer.on(settings.socket())
                            .blockingService(
                                    new DisksService(
                                            volumes, settings.node(), settings.digests().wants()),
                                    THREADS)
                            .errors(new DiskErrorMap())
                            .meters(health.map(HealthServer::meters).orElse(null))
                            .stopWithin(CALLS_END_WITHIN)
                            .start());
            readiness.started();
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    private static FuseOptions fuse(int queueDepth) {
        FuseOptions d = FuseOptions.DEFAULT;
        return new FuseOptions(d.readOnly(), queueDepth, d.maxRequestBytes());
    }

    /**
     * Memory that the kernel frees by writing to our own disks must not wait for us: threads that
     * this one starts inherit it.
     */
    private static void becomePartOfReclaim() {
        try {
            Processes.becomeIoFlusher();
        } catch (LinuxException e) {
            log.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "not an I/O flusher: give CAP_SYS_RESOURCE, or writes may stall when"
                                    + " memory is short");
        }
        try {
            Processes.lockMemory(
                    Processes.MCL_CURRENT | Processes.MCL_FUTURE | Processes.MCL_ONFAULT);
        } catch (LinuxException e) {
            log.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("memory isn't locked: don't swap on these disks");
        }
    }
}
