package dev.lunaria.target;

import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-target run}: serves pools until it is told to stop. Main thread. */
@Command(name = "run", description = "Serve pools over iSCSI, and the admin API over gRPC.")
final class RunCommand implements Callable<Integer>, Bounded {

    private static final long MIB = 1 << 20;
    private static final int MAX_THREADS = 1024;

    @Mixin private CommonOptions common = new CommonOptions();

    @Option(
            names = "--pool",
            required = true,
            split = ",",
            paramLabel = "FOLDER",
            description = "A pool's folder, made by init; may be given several times.")
    private List<Path> pools = List.of();

    @Option(
            names = "--portal",
            split = ",",
            defaultValue = "127.0.0.1:3260",
            paramLabel = "HOST:PORT",
            description =
                    "Where initiators connect; may be given several times. Port 0: any that is free.")
    private List<Endpoint> portals = List.of();

    @Option(
            names = "--admin",
            defaultValue = "unix:///run/lunaria/target.sock",
            paramLabel = "ENDPOINT",
            description =
                    "Where the controller calls: unix:///path, or host:port with the TLS files.")
    private Endpoint admin = new Endpoint.Unix(Path.of("/run/lunaria/target.sock"));

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "CA of the admin API's clients, PEM.")
    private @Nullable Path tlsCa;

    @Option(
            names = "--tls-certificate",
            paramLabel = "FILE",
            description = "Own certificate, then its chain, PEM.")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Own private key, PKCS#8, PEM.")
    private @Nullable Path tlsKey;

    @Option(
            names = "--allowed-client",
            split = ",",
            paramLabel = "NAME",
            description =
                    "DNS name in a client certificate that may call the admin API; may be given several"
                            + " times. None: every client of the CA.")
    private List<String> allowedClients = List.of();

    @Option(
            names = "--state-folder",
            defaultValue = "/var/lib/lunaria/target",
            paramLabel = "FOLDER",
            description = "State of this server beside its pools.")
    private Path stateFolder = Path.of("/var/lib/lunaria/target");

    @Option(
            names = "--import-folder",
            split = ",",
            paramLabel = "FOLDER",
            description =
                    "Folder from which image files may be imported as LUNs; may be given several times."
                            + " None: nothing can be imported.")
    private List<Path> importFolders = List.of();

    @Option(
            names = "--reserve-mib",
            defaultValue = "1024",
            paramLabel = "MIB",
            description = "Free space of each pool's filesystem that no new LUN is made from.")
    private long reserveMib = 1024;

    @Option(
            names = "--warn-free-percent",
            defaultValue = "10",
            paramLabel = "PERCENT",
            description =
                    "Warn when less of a pool's filesystem is free beyond the reserve; 0: only when all is used.")
    private int warnFreePercent = 10;

    @Option(
            names = "--store-threads",
            defaultValue = "16",
            paramLabel = "N",
            description = "Threads that may wait for disks.")
    private int storeThreads = 16;

    @Option(
            names = "--event-loops",
            defaultValue = "0",
            paramLabel = "N",
            description = "Threads of the data path. 0: one for each processor.")
    private int eventLoops;

    @Option(
            names = "--fence-timeout",
            defaultValue = "30s",
            paramLabel = "TIME",
            description =
                    "How long a fence waits for a stuck store before it says so; it stays fenced.")
    private Duration fenceTimeout = Duration.ofSeconds(30);

    @Option(
            names = "--health",
            paramLabel = "HOST:PORT",
            description =
                    "Where /healthz, /readyz and /metrics are served, over HTTP. None: nowhere.")
    private @Nullable Endpoint health;

    @Option(
            names = "--stop-timeout",
            defaultValue = "20s",
            paramLabel = "TIME",
            description = "How long a stop waits for commands under way.")
    private Duration stopTimeout = Duration.ofSeconds(20);

    @Override
    public Integer call() throws IOException, InterruptedException {
        TargetSettings settings = settings();
        try (Lifecycle lifecycle = new Lifecycle(settings.stopWithin())) {
            lifecycle.onReload("log level", common::reloadLogLevel);
            TargetServer.start(settings, lifecycle);
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of(
                "--portal", new Bound.TcpAddress(),
                "--reserve-mib", new Bound.Whole(0, 1L << 30),
                "--warn-free-percent", new Bound.Whole(0, 100),
                "--store-threads", new Bound.Whole(1, MAX_THREADS),
                "--event-loops", new Bound.Whole(0, MAX_THREADS),
                "--fence-timeout", new Bound.Time(Duration.ofMillis(1), Duration.ofHours(1)),
                "--health", new Bound.TcpAddress(),
                "--stop-timeout", new Bound.Time(Duration.ofMillis(1), Duration.ofHours(1)));
    }

    TargetSettings settings() {
        return new TargetSettings(
                List.copyOf(pools),
                tcpPortals(),
                admin,
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey).orElse(null),
                Set.copyOf(allowedClients),
                stateFolder,
                List.copyOf(importFolders),
                reserveMib * MIB,
                warnFreePercent,
                storeThreads,
                eventLoops == 0 ? Runtime.getRuntime().availableProcessors() : eventLoops,
                fenceTimeout,
                stopTimeout,
                health == null ? null : health.tcp());
    }

    private List<Endpoint.Tcp> tcpPortals() {
        return portals.stream().map(Endpoint::tcp).toList();
    }
}
