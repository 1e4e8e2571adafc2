package dev.lunaria.cli;

import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * Which target servers are asked, and how: a picocli mixin. Used by the main thread. One server
 * after the other is asked, each call within {@link AdminServer#DEADLINE}.
 */
final class Servers {
    private static final String DEFAULT_ADMIN = "unix:///run/lunaria/target.sock";

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--admin",
            split = ",",
            paramLabel = "ENDPOINT",
            defaultValue = "${env:LUNARIA_ADMIN}",
            description =
                    "Admin API of a target server, unix:///path or host:port; may be given several times."
                            + " Default: the registry's servers, without a registry "
                            + DEFAULT_ADMIN
                            + ".")
    private List<Endpoint> endpoints = List.of();

    @Option(
            names = "--registry-folder",
            paramLabel = "FOLDER",
            defaultValue = "${env:LUNARIA_REGISTRY_FOLDER}",
            description = "Registry's folder: the servers of its StorageTargets are asked.")
    private @Nullable Path registryFolder;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            defaultValue = "${env:LUNARIA_TLS_CA}",
            description = "CA of the servers, PEM; where they are host:port.")
    private @Nullable Path tlsCa;

    @Option(
            names = "--tls-certificate",
            paramLabel = "FILE",
            defaultValue = "${env:LUNARIA_TLS_CERTIFICATE}",
            description = "Own certificate, PEM.")
    private @Nullable Path tlsCertificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            defaultValue = "${env:LUNARIA_TLS_KEY}",
            description = "Own private key, PKCS#8, PEM.")
    private @Nullable Path tlsKey;

    private boolean oneDidNotAnswer;

    /**
     * Asks every server and gathers their answers. One that doesn't answer is a line on stderr, and
     * {@link #exitCode} remembers it.
     *
     * @throws AdminException where none answers
     */
    <T> List<T> ask(Function<AdminServer, List<T>> question) {
        List<T> answers = new ArrayList<>();
        List<AdminException> failures = new ArrayList<>();
        Map<Endpoint, String> servers = servers();
        Tls tls = TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey).map(Tls::load).orElse(null);
        for (Map.Entry<Endpoint, String> server : servers.entrySet()) {
            try (AdminServer admin = AdminServer.open(server.getKey(), tls, server.getValue())) {
                answers.addAll(question.apply(admin));
            } catch (AdminException e) {
                failures.add(e);
            }
        }
        if (failures.size() == servers.size() && !failures.isEmpty()) {
            AdminException last = failures.removeLast();
            tell(failures);
            throw last;
        }
        tell(failures);
        return answers;
    }

    private void tell(List<AdminException> failures) {
        oneDidNotAnswer |= !failures.isEmpty();
        if (command != null) {
            for (AdminException failure : failures) {
                command.commandLine().getErr().println("lunaria: " + failure.getMessage());
            }
        }
    }

    /** 1 where some server didn't answer, so that a script doesn't take a part for the whole. */
    int exitCode() {
        return oneDidNotAnswer ? Lunaria.EXIT_FAILED : 0;
    }

    /** Reads from the registry that is named. */
    <T> T registry(Function<Registry, T> question) {
        Path folder = registryFolder;
        if (folder == null) {
            throw new AdminException(
                    "no registry is named: give its folder with --registry-folder, or in"
                            + " LUNARIA_REGISTRY_FOLDER");
        }
        if (!Files.isDirectory(folder)) {
            throw new AdminException(folder + " is no folder: where is the registry?");
        }
        try (Registry registry = FolderRegistry.open(folder)) {
            return question.apply(registry);
        }
    }

    /** Each with the authorities that its StorageTarget names. */
    private Map<Endpoint, String> servers() {
        Map<Endpoint, String> servers = new LinkedHashMap<>();
        endpoints.forEach(endpoint -> servers.put(endpoint, ""));
        if (servers.isEmpty() && registryFolder != null) {
            registry(registry -> registry.list(Kind.STORAGE_TARGET)).stream()
                    .filter(target -> !target.spec().retired())
                    .forEach(target ->
                            servers.putIfAbsent(
                                    Endpoint.parse(target.spec().endpoint()), target.spec().ca()));
            return servers;
        }
        if (servers.isEmpty()) {
            servers.put(Endpoint.parse(DEFAULT_ADMIN), "");
        }
        return servers;
    }
}
