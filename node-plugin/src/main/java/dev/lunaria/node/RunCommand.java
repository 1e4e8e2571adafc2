package dev.lunaria.node;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lunaria-node run}: the CSI node plugin. Used by the main thread, once. */
@Command(name = "run", description = "Runs the CSI node plugin.")
final class RunCommand implements Callable<Integer> {
    // RFC 1123: a DNS subdomain, as Kubernetes names nodes.
    private static final Pattern NODE_NAME =
            Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    @Option(
            names = "--csi-socket",
            required = true,
            paramLabel = "unix:///PATH",
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

    @ArgGroup(exclusive = false)
    private @Nullable Tls tls;

    @Option(
            names = "--keys",
            required = true,
            paramLabel = "FOLDER",
            description = "Folder of the installation's keys.")
    private @Nullable Path keys;

    @Option(
            names = "--disk-socket",
            required = true,
            paramLabel = "unix:///PATH",
            description = "Where this node's disk process listens.")
    private @Nullable Endpoint diskSocket;

    @Option(
            names = "--addresses",
            split = ",",
            paramLabel = "IP",
            description = "Addresses at which other nodes reach this one.")
    private List<String> addresses = List.of();

    @Option(
            names = "--health",
            paramLabel = "HOST:PORT",
            description = "Serves /healthz, /readyz and /metrics over HTTP; off by default.")
    private @Nullable Endpoint health;

    /** Files for mutual TLS with the registry. */
    private static final class Tls {
        @Option(
                names = "--registry-ca",
                required = true,
                paramLabel = "FILE",
                description = "PEM: whom to believe at the registry.")
        private @Nullable Path ca;

        @Option(
                names = "--registry-certificate",
                required = true,
                paramLabel = "FILE",
                description = "PEM: this node's certificate.")
        private @Nullable Path certificate;

        @Option(
                names = "--registry-key",
                required = true,
                paramLabel = "FILE",
                description = "PEM: its private key.")
        private @Nullable Path key;
    }

    @Override
    public Integer call() throws Exception {
        return NodeProgram.run(settings());
    }

    NodeSettings settings() {
        String name = given(nodeName);
        if (!NODE_NAME.matcher(name).matches()) {
            throw new StartupException(
                    "--node-name '"
                            + name
                            + "' must be a lower-case DNS name, as Kubernetes has it");
        }
        return new NodeSettings(
                unix("--csi-socket", given(csiSocket)),
                name,
                given(stateFolder),
                given(registry),
                Optional.ofNullable(tls)
                        .map(t -> new TlsFiles(given(t.ca), given(t.certificate), given(t.key))),
                given(keys),
                unix("--disk-socket", given(diskSocket)),
                addresses,
                Optional.ofNullable(health).map(RunCommand::tcp));
    }

    private static Endpoint.Unix unix(String flag, Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Unix socket -> socket;
            case Endpoint.Tcp tcp ->
                    throw new StartupException(flag + " must be unix:///path, not " + tcp);
        };
    }

    private static Endpoint.Tcp tcp(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Tcp tcp -> tcp;
            case Endpoint.Unix socket ->
                    throw new StartupException("--health must be host:port, not " + socket);
        };
    }

    /** Required options are there: picocli saw to it. */
    private static <T> T given(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a required option is missing");
        }
        return value;
    }
}
