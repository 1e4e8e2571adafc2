package dev.lunaria.controller;

import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code lunaria-controller run}: serves CSI and the registry until it is told to stop. Main
 * thread.
 */
@Command(
        name = "run",
        description = "Serve CSI's Controller to sidecars, and the registry to node plugins.")
final class RunCommand implements Callable<Integer> {

    private static final Pattern CLUSTER_ID =
            Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
    private static final String CSI_DEFAULT = "unix:///run/lunaria/controller-csi.sock";
    private static final String REGISTRY_DEFAULT = "unix:///run/lunaria/registry.sock";
    private static final String FOLDER_DEFAULT = "/var/lib/lunaria/registry";
    private static final String KEYS_DEFAULT = "/etc/lunaria/keys";

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--csi-socket",
            defaultValue = CSI_DEFAULT,
            paramLabel = "ENDPOINT",
            description = "Where CSI's sidecars call. Default " + CSI_DEFAULT + ".")
    private Endpoint csiSocket = Endpoint.parse(CSI_DEFAULT);

    @Option(
            names = "--registry-folder",
            defaultValue = FOLDER_DEFAULT,
            paramLabel = "FOLDER",
            description =
                    "StorageTarget, LunariaNode and LunariaVolume documents. Default "
                            + FOLDER_DEFAULT
                            + ".")
    private Path registryFolder = Path.of(FOLDER_DEFAULT);

    @Option(
            names = "--registry-listen",
            defaultValue = REGISTRY_DEFAULT,
            paramLabel = "ENDPOINT",
            description =
                    "Where node plugins call: unix:///path (default "
                            + REGISTRY_DEFAULT
                            + "), or host:port with the TLS files.")
    private Endpoint registryListen = Endpoint.parse(REGISTRY_DEFAULT);

    @Option(
            names = "--cluster-id",
            required = true,
            paramLabel = "ID",
            description =
                    "Id of the cluster, 1 to 63 of a-z, 0-9, - and .; the same that pools were made with. Part of"
                            + " initiator names and secrets: never change it.")
    private String clusterId = "";

    @Option(
            names = "--keys",
            defaultValue = KEYS_DEFAULT,
            paramLabel = "FOLDER",
            description =
                    "The installation's keys, one file each, made by create-key. Default "
                            + KEYS_DEFAULT
                            + ".")
    private Path keys = Path.of(KEYS_DEFAULT);

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "CA of node plugins, and of targets whose StorageTarget names none.")
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
                    "DNS name in a client certificate that may call the registry; may be given several times."
                            + " Default: every client of the CA.")
    private List<String> allowedClients = List.of();

    @Option(
            names = "--health",
            paramLabel = "HOST:PORT",
            description = "Serves /healthz, /readyz and /metrics over HTTP; off by default.")
    private @Nullable Endpoint health;

    @Option(
            names = "--stop-timeout",
            defaultValue = "20s",
            paramLabel = "TIME",
            description = "How long a stop waits for calls under way. Default 20s.")
    private Duration stopTimeout = Duration.ofSeconds(20);

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = settings();
        try (var lifecycle = new Lifecycle(settings.stopWithin())) {
            Controller.start(settings, lifecycle);
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    private Settings settings() {
        if (!CLUSTER_ID.matcher(clusterId).matches()) {
            throw new StartupException(
                    "--cluster-id '%s' is not 1 to 63 of a-z, 0-9, - and .".formatted(clusterId));
        }
        if (!stopTimeout.isPositive()) {
            throw new StartupException("--stop-timeout must be more than 0");
        }
        return new Settings(
                csiSocket,
                registryFolder.toAbsolutePath().normalize(),
                registryListen,
                clusterId,
                keys,
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey),
                Set.copyOf(allowedClients),
                healthAddress(),
                stopTimeout);
    }

    private Optional<Endpoint.Tcp> healthAddress() {
        return switch (health) {
            case null -> Optional.empty();
            case Endpoint.Tcp tcp -> Optional.of(tcp);
            case Endpoint.Unix unix ->
                    throw new StartupException("--health takes host:port, not " + unix);
        };
    }
}
