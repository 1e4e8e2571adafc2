package dev.lunaria.node;

import dev.lunaria.node.attach.BackendChoice;
import dev.lunaria.node.cluster.ClusterTimeouts;
import dev.lunaria.node.csi.NodeService;
import dev.lunaria.node.disk.process.DigestSetting;
import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.csi.Segments;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-node run}: the CSI node plugin. Used by the main thread, once. */
@Command(name = "run", description = "Runs the CSI node plugin.")
final class RunCommand implements Callable<Integer>, Bounded {
    @Mixin private CommonOptions common = new CommonOptions();

    @Option(
            names = "--csi-socket",
            required = true,
            paramLabel = "ENDPOINT",
            description = "Where CSI is served.")
    private @Nullable Endpoint csiSocket;

    @Option(
            names = "--node-name",
            required = true,
            paramLabel = "NAME",
            description = "The node's name, as Kubernetes knows it.")
    private @Nullable String nodeName;

    @Option(
            names = "--state-folder",
            required = true,
            paramLabel = "FOLDER",
            description = "Where the plugin keeps its records; survives its restart.")
    private @Nullable Path stateFolder;

    @Option(
            names = "--registry",
            required = true,
            paramLabel = "ENDPOINT",
            description = "The controller's registry: unix:///path or host:port.")
    private @Nullable Endpoint registry;

    @Option(
            names = "--registry-ca",
            paramLabel = "FILE",
            description = "CA of the registry's server, PEM; where that is host:port.")
    private @Nullable Path registryCa;

    @Option(
            names = "--registry-certificate",
            paramLabel = "FILE",
            description = "This node's certificate, then its chain, PEM.")
    private @Nullable Path registryCertificate;

    @Option(
            names = "--registry-key",
            paramLabel = "FILE",
            description = "This node's private key, PKCS#8, PEM.")
    private @Nullable Path registryKey;

    @Option(
            names = "--registry-token",
            paramLabel = "FILE",
            description =
                    "Token of the pod's service account, by which this node says at the registry who it is;"
                            + " where the controller has --node-account. Read with each call.")
    private @Nullable Path registryToken;

    @Option(
            names = "--keys",
            required = true,
            paramLabel = "FOLDER",
            description = "Folder of the installation's keys.")
    private @Nullable Path keys;

    @Option(
            names = "--disk-socket",
            required = true,
            paramLabel = "ENDPOINT",
            description = "Where this node's disk process listens.")
    private @Nullable Endpoint diskSocket;

    @Option(
            names = "--attach-backend",
            defaultValue = "auto",
            paramLabel = "auto|kernel|userspace",
            description =
                    "What gives volumes their block devices: the kernel's iSCSI initiator, or the"
                            + " disk process. auto: the kernel's where it can be had.")
    private BackendChoice.Wish attachBackend = BackendChoice.Wish.AUTO;

    @Option(
            names = "--host-root",
            defaultValue = "/",
            paramLabel = "FOLDER",
            description = "The host's root, from which kernel modules are loaded.")
    private Path hostRoot = Path.of("/");

    @Option(
            names = "--replacement-seconds",
            defaultValue = "0",
            paramLabel = "N",
            description =
                    "For so long a disk of the kernel keeps I/O waiting for a lost target before"
                            + " it fails. 0: without limit.")
    private int replacementSeconds;

    @Option(
            names = "--digests",
            defaultValue = "none",
            paramLabel = "none|header|data|all",
            description =
                    "Which parts of each iSCSI PDU carry a checksum, CRC32C, for disks of the"
                            + " kernel.")
    private DigestSetting digests = DigestSetting.NONE;

    @Option(
            names = "--addresses",
            split = ",",
            paramLabel = "IP",
            description = "Addresses at which other nodes reach this one.")
    private List<String> addresses = List.of();

    @Option(
            names = "--max-volumes",
            defaultValue = "" + NodeService.MOST_VOLUMES,
            paramLabel = "N",
            description = "So many volumes may be on this node at once.")
    private int maxVolumes;

    @Option(
            names = "--shared-filesystems",
            defaultValue = "off",
            paramLabel = "off|on",
            description =
                    "Whether this node takes part in filesystems that several nodes write (OCFS2). It then is known to all"
                            + " others by its first IPv4 address of --addresses, TCP port 7777, and its kernel resets the"
                            + " host when a shared disk is away for longer than --shared-outage.")
    private Shared sharedFilesystems = Shared.OFF;

    @Option(
            names = "--shared-outage",
            defaultValue = "120",
            paramLabel = "SECONDS",
            description =
                    "So long a target may be away before hosts with shared filesystems reset themselves; the others wait as"
                            + " long for a node that died. The same on all nodes; changed while nothing is mounted.")
    private int sharedOutage;

    /** Whether the node takes part in shared filesystems. */
    enum Shared {
        OFF,
        ON
    }

    @Option(
            names = "--topology",
            split = ",",
            paramLabel = "KEY=VALUE",
            description =
                    "Where this node is, as StorageTargets name it in their topology; may be given several times. What"
                            + " the controller knows of the node is added.")
    private List<String> topology = List.of();

    @Option(
            names = "--csi-alpha",
            defaultValue = "hidden",
            paramLabel = "hidden|announced",
            description =
                    "Whether what is alpha in CSI 1.13 is announced: health of volumes and storage, and from where"
                            + " snapshots can be used. The same as the controller's.")
    private AlphaCalls csiAlpha = AlphaCalls.HIDDEN;

    @Option(
            names = "--health",
            paramLabel = "HOST:PORT",
            description =
                    "Where /healthz, /readyz and /metrics are served, over HTTP. None: nowhere.")
    private @Nullable Endpoint health;

    @Override
    public Integer call() throws Exception {
        return NodeProgram.run(settings(), common);
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of(
                "--csi-socket", new Bound.UnixSocket(),
                "--disk-socket", new Bound.UnixSocket(),
                "--node-name", Bound.NODE_NAME,
                "--replacement-seconds", new Bound.Whole(0, 86_400),
                "--max-volumes", new Bound.Whole(1, NodeService.MOST_VOLUMES),
                "--shared-outage", ClusterTimeouts.BOUND,
                "--topology", Segments.GIVEN,
                "--health", new Bound.TcpAddress());
    }

    NodeSettings settings() {
        return new NodeSettings(
                given(csiSocket).unix(),
                given(nodeName),
                given(stateFolder),
                given(registry),
                TlsFiles.ofSettings("--registry", registryCa, registryCertificate, registryKey),
                Optional.ofNullable(registryToken),
                given(keys),
                given(diskSocket).unix(),
                attachBackend,
                hostRoot,
                replacementSeconds,
                digests,
                addresses,
                maxVolumes,
                shared(),
                topology(),
                csiAlpha,
                Optional.ofNullable(health).map(Endpoint::tcp));
    }

    /** {@link StartupException} where it has no address that OCFS2 knows. */
    private Optional<NodeSettings.Shared> shared() {
        return switch (sharedFilesystems) {
            case OFF -> Optional.empty();
            case ON -> {
                String address =
                        addresses.stream()
                                .filter(RunCommand::isIpv4)
                                .findFirst()
                                .orElseThrow(() ->
                                        new StartupException(
                                                "--shared-filesystems is on and --addresses names no IPv4 address, by which"
                                                        + " alone OCFS2 knows its members: "
                                                        + addresses));
                yield Optional.of(
                        new NodeSettings.Shared(
                                address, new ClusterTimeouts(Duration.ofSeconds(sharedOutage))));
            }
        };
    }

    private static boolean isIpv4(String address) {
        try {
            return InetAddress.ofLiteral(address) instanceof Inet4Address;
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }

    /** {@link StartupException} where a key has two values. */
    private Map<String, String> topology() {
        var segments = new TreeMap<String, String>();
        for (String segment : topology) {
            int equals = segment.indexOf('=');
            String key = segment.substring(0, equals);
            String value = segment.substring(equals + 1);
            String other = segments.putIfAbsent(key, value);
            if (other != null && !other.equals(value)) {
                throw new StartupException(
                        "--topology gives %s the values %s and %s".formatted(key, other, value));
            }
        }
        return segments;
    }

    /** Required options are there: picocli saw to it. */
    private static <T> T given(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a required option is missing");
        }
        return value;
    }
}
