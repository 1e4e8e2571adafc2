package dev.lunaria.controller;

import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.csi.Segments;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
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
final class RunCommand implements Callable<Integer>, Bounded {

    private static final String CSI_DEFAULT = "unix:///run/lunaria/controller-csi.sock";
    private static final String REGISTRY_DEFAULT = "unix:///run/lunaria/registry.sock";
    private static final String FOLDER_DEFAULT = "/var/lib/lunaria/registry";
    private static final String KEYS_DEFAULT = "/etc/lunaria/keys";

    @Mixin private CommonOptions common = new CommonOptions();

    @Option(
            names = "--csi-socket",
            defaultValue = CSI_DEFAULT,
            paramLabel = "ENDPOINT",
            description = "Where CSI's sidecars call.")
    private Endpoint csiSocket = Endpoint.parse(CSI_DEFAULT);

    @Option(
            names = "--registry",
            defaultValue = "folder",
            paramLabel = "folder|kubernetes",
            description =
                    "Where StorageTarget, LunariaNode and LunariaVolume documents are kept: as files, or as custom"
                            + " resources.")
    private RegistrySource.Choice registry = RegistrySource.Choice.FOLDER;

    @Option(
            names = "--registry-folder",
            defaultValue = FOLDER_DEFAULT,
            paramLabel = "FOLDER",
            description = "Of --registry folder: the folder of the documents.")
    private Path registryFolder = Path.of(FOLDER_DEFAULT);

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "Of --registry kubernetes: how to reach the cluster. None: by the service account of the pod.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--registry-listen",
            defaultValue = REGISTRY_DEFAULT,
            paramLabel = "ENDPOINT",
            description = "Where node plugins call: unix:///path, or host:port with the TLS files.")
    private Endpoint registryListen = Endpoint.parse(REGISTRY_DEFAULT);

    @Option(
            names = "--cluster-id",
            required = true,
            paramLabel = "ID",
            description =
                    "Id of the cluster, the same that pools were made with. Part of initiator names and"
                            + " secrets: never change it.")
    private String clusterId = "";

    @Option(
            names = "--keys",
            defaultValue = KEYS_DEFAULT,
            paramLabel = "FOLDER",
            description = "The installation's keys, one file each, made by create-key.")
    private Path keys = Path.of(KEYS_DEFAULT);

    @Option(
            names = "--node-label",
            split = ",",
            paramLabel = "KEY",
            description =
                    "Of --registry kubernetes: label of nodes that says where they are, as StorageTargets name it in their"
                            + " topology; may be given several times. Nodes report it when their plugin starts.")
    private List<String> nodeLabels = List.of();

    @Option(
            names = "--csi-alpha",
            defaultValue = "hidden",
            paramLabel = "hidden|announced",
            description =
                    "Whether what is alpha in CSI 1.13 is announced: health of volumes and storage, and from where"
                            + " snapshots can be used. The same as the node plugins'.")
    private AlphaCalls csiAlpha = AlphaCalls.HIDDEN;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "CA of node plugins, and of targets whose StorageTarget names none, PEM.")
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
                    "DNS name in a client certificate that may call the registry; may be given several times."
                            + " None: every client of the CA.")
    private List<String> allowedClients = List.of();

    @Option(
            names = "--node-account",
            paramLabel = "NAME",
            description =
                    "Of --registry kubernetes: service account of the node plugins, in the controller's namespace."
                            + " A node then calls the registry with a token of it, and as no other node."
                            + " None: a certificate is enough.")
    private @Nullable String nodeAccount;

    @Option(
            names = "--startup-taint",
            description =
                    "Of --registry kubernetes: remove the taint lunaria.dev/agent-not-ready from nodes as soon as the"
                            + " node plugin is there.")
    private boolean startupTaint;

    @Option(
            names = "--orphan-patience",
            defaultValue = "1h",
            paramLabel = "TIME",
            description =
                    "Of --registry kubernetes: so long a volume without a PersistentVolume must have been seen before it"
                            + " is reported, and deleted where it provably never held anything.")
    private Duration orphanPatience = Duration.ofHours(1);

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
            description = "How long a stop waits for calls under way.")
    private Duration stopTimeout = Duration.ofSeconds(20);

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = settings();
        try (var lifecycle = new Lifecycle(settings.stopWithin())) {
            lifecycle.onReload("log level", common::reloadLogLevel);
            Controller.start(settings, lifecycle);
            lifecycle.ready();
            return lifecycle.awaitStop();
        }
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of(
                "--cluster-id",
                Bound.CLUSTER_ID,
                "--node-label",
                Segments.KEY,
                "--health",
                new Bound.TcpAddress(),
                "--node-account",
                Bound.NODE_NAME,
                "--orphan-patience",
                new Bound.Time(Duration.ofSeconds(10), Duration.ofDays(30)),
                "--stop-timeout",
                new Bound.Time(Duration.ofMillis(1), Duration.ofHours(1)));
    }

    Settings settings() {
        return new Settings(
                csiSocket,
                RegistrySource.ofSettings(registry, registryFolder, kubeconfig),
                registryListen,
                clusterId,
                keys,
                nodeLabels(),
                csiAlpha,
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey),
                Set.copyOf(allowedClients),
                startupTaint,
                orphanPatience,
                Optional.ofNullable(nodeAccount),
                Optional.ofNullable(health).map(Endpoint::tcp),
                stopTimeout);
    }

    private Set<String> nodeLabels() {
        if (registry == RegistrySource.Choice.FOLDER && !nodeLabels.isEmpty()) {
            throw new StartupException(
                    "--node-label is given, but documents are kept in a folder, where nodes have no labels; give node"
                            + " plugins their --topology");
        }
        return Set.copyOf(nodeLabels);
    }
}
