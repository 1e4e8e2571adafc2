package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the controller reaches its cluster's API: by the service account of its pod, or by a
 * kubeconfig. Nothing else is looked for: no ~/.kube, no variables of the client library. No state.
 */
public final class ClusterAccess {

    /** Where Kubernetes puts a pod's service account. */
    static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** So long one request may take. CSI's sidecars repeat what takes longer. */
    static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /** A request that got no answer, or 429 or 5xx, is sent again so often. */
    static final int RETRIES = 2;

    /** Requests at a time; who wants more waits for its turn. */
    static final int MAX_REQUESTS = 64;

    private static final String HOST = "KUBERNETES_SERVICE_HOST";
    private static final String PORT = "KUBERNETES_SERVICE_PORT";

    private ClusterAccess() {}

    /** {@link StartupException} with one line where that can't be. */
    public static Config of(Optional<Path> kubeconfig) {
        return kubeconfig
                .map(ClusterAccess::ofFile)
                .orElseGet(() -> ofPod(SERVICE_ACCOUNT, System.getenv()));
    }

    static Config ofFile(Path kubeconfig) {
        if (!Files.isReadable(kubeconfig)) {
            throw new StartupException("cannot read the kubeconfig " + kubeconfig);
        }
        Config config;
        try {
            config = Config.fromKubeconfig(kubeconfig.toFile());
        } catch (
                RuntimeException
                        e) { // The client library throws anything, NullPointerException as well.
            throw new StartupException(kubeconfig + " is no kubeconfig", e);
        }
        if (config.getCurrentContext() == null) {
            throw new StartupException(kubeconfig + " is no kubeconfig with a current context");
        }
        return bounded(config);
    }

    static Config ofPod(Path serviceAccount, Map<String, String> environment) {
        String host = environment.get(HOST);
        String port = environment.get(PORT);
        Path token = serviceAccount.resolve("token");
        if (host == null || port == null || !Files.isReadable(token)) {
            throw new StartupException(
                    "this isn't a pod with a service account (%s and %s are needed); name a file by --kubeconfig"
                            .formatted(HOST, token));
        }
        String literal = host.contains(":") ? "[" + host + "]" : host;
        return bounded(
                new ConfigBuilder(Config.empty())
                        .withMasterUrl("https://" + literal + ":" + port)
                        .withCaCertFile(serviceAccount.resolve("ca.crt").toString())
                        .withNamespace(read(serviceAccount.resolve("namespace")))
                        // kubelet writes a new token long before the old one ends.
                        .withOauthTokenProvider(() -> read(token))
                        .build());
    }

    private static Config bounded(Config config) {
        return new ConfigBuilder(config)
                .withConnectionTimeout((int) REQUEST_TIMEOUT.toMillis())
                .withRequestTimeout((int) REQUEST_TIMEOUT.toMillis())
                .withRequestRetryBackoffLimit(RETRIES)
                .withMaxConcurrentRequests(MAX_REQUESTS)
                .withMaxConcurrentRequestsPerHost(MAX_REQUESTS)
                .withUserAgent("lunaria-controller")
                .build();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
