package dev.lunaria.target;

import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-target run}: serves pools until it is told to stop. Main thread. */
@Command(name = "run", description = "Serve pools over iSCSI, and the admin API over gRPC.")
final class RunCommand implements Callable<Integer> {

    private static final long MIB = 1 << 20;
    private static final int MAX_THREADS = 1024;

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

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
                    "Where initiators connect; may be given several times. Default 127.0.0.1:3260;"
                            + " port 0: any that is free.")
    private List<Endpoint> portals = List.of();

    @Option(
            names = "--admin",
            defaultValue = "unix:///run/lunaria/target.sock",
            paramLabel = "ENDPOINT",
            description =
                    "Where the controller calls: unix:///path (default unix:///run/lunaria/target.sock),"
                            + " or host:port with the TLS files.")
    private Endpoint admin = new Endpoint.Unix(Path.of("/run/lunaria/target.sock"));

    @Option(names = "--tls-ca", paramLabel = "FILE", description = "CA of the admin API's clients.")
    private @Nullable Path tlsCa;

    @Option(names = "--tls-certificate", paramLabel = "FILE", description = "Own certificate.")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Own private key, PKCS#8.")
    private @Nullable Path tlsKey;

    @Option(
            names = "--allowed-client",
            split = ",",
            paramLabel = "NAME",
            description =
                    "DNS name in a client certificate that may call the admin API; may be given several"
                            + " times. Default: every client of the CA.")
    private List<String> allowedClients = List.of();

    @Option(
            names = "--state-folder",
            defaultValue = "/var/lib/lunaria/target",
            paramLabel = "FOLDER",
            description = "State of this server beside its pools. Default /var/lib/lunaria/target.")
    private Path stateFolder = Path.of("/var/lib/lunaria/target");

    @Option(
            names = "--import-folder",
            split = ",",
            paramLabel = "FOLDER",
            description =
                    "Folder from which image files may be imported as LUNs; may be given several times."
                            + " Default: none.")
    private List<Path> importFolders = List.of();

    @Option(
            names = "--reserve-mib",
            defaultValue = "1024",
            paramLabel = "MIB",
            description =
                    "Free space of each pool's filesystem that no new LUN is made from. Default 1024.")
    private long reserveMib = 1024;

    @Option(
            names = "--store-threads",
            defaultValue = "16",
            paramLabel = "N",
            description = "Threads that may wait for disks, 1 to 1024. Default 16.")
    private int storeThreads = 16;

    @Option(
            names = "--event-loops",
            defaultValue = "0",
            paramLabel = "N",
            description = "Threads of the data path, to 1024. Default 0: one for each processor.")
    private int eventLoops;

    @Option(
            names = "--fence-timeout",
            defaultValue = "30s",
            paramLabel = "TIME",
            description =
                    "How long a fence waits for a stuck store before it says so; it stays fenced."
                            + " Default 30s.")
    private Duration fenceTimeout = Duration.ofSeconds(30);

    @Option(
            names = "--health-listen",
            paramLabel = "HOST:PORT",
            description = "Where /healthz, /readyz and /metrics are served. Default: nowhere.")
    private @Nullable Endpoint health;

    @Option(
            names = "--stop-timeout",
            defaultValue = "20s",
            paramLabel = "TIME",
            description = "How long a stop waits for commands under way. Default 20s.")
    private Duration stopTimeout = Duration.ofSeconds(20);

    @Override
    public Integer call() throws IOException, InterruptedException {
        TargetSettings settings = settings();
        try (Lifecycle lifecycle = new Lifecycle(settings.stopWithin())) {
            TargetServer.start(settings, lifecycle);
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    private TargetSettings settings() {
        check(reserveMib >= 0 && reserveMib < (1L << 40), "--reserve-mib must be 0 or more");
        check(
                storeThreads >= 1 && storeThreads <= MAX_THREADS,
                "--store-threads must be 1 to " + MAX_THREADS);
        check(
                eventLoops >= 0 && eventLoops <= MAX_THREADS,
                "--event-loops must be 0 to " + MAX_THREADS);
        check(fenceTimeout.isPositive(), "--fence-timeout must be more than 0");
        check(stopTimeout.isPositive(), "--stop-timeout must be more than 0");
        return new TargetSettings(
                List.copyOf(pools),
                tcpPortals(),
                admin,
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey).orElse(null),
                Set.copyOf(allowedClients),
                stateFolder,
                List.copyOf(importFolders),
                reserveMib * MIB,
                storeThreads,
                eventLoops == 0 ? Runtime.getRuntime().availableProcessors() : eventLoops,
                fenceTimeout,
                stopTimeout,
                healthAddress());
    }

    private Endpoint.@Nullable Tcp healthAddress() {
        return switch (health) {
            case null -> null;
            case Endpoint.Tcp tcp -> tcp;
            case Endpoint.Unix unix ->
                    throw new StartupException("--health-listen takes host:port, not " + unix);
        };
    }

    private List<Endpoint.Tcp> tcpPortals() {
        List<Endpoint.Tcp> tcp = new ArrayList<>();
        for (Endpoint portal : portals) {
            switch (portal) {
                case Endpoint.Tcp address -> tcp.add(address);
                case Endpoint.Unix _ ->
                        throw new StartupException("--portal takes host:port, not " + portal);
            }
        }
        return List.copyOf(tcp);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new StartupException(otherwise);
        }
    }
}
