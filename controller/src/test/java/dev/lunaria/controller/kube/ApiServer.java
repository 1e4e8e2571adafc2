package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * etcd and kube-apiserver on loopback, in a folder of their own, with keys and tokens that are
 * thrown away with it. Owned by one JVM; ended by {@link #close} or at its end, by their ids.
 *
 * <p>No kubelet, no scheduler, no controllers: objects are kept, validated and authorised, and
 * nothing acts on them.
 */
public final class ApiServer implements AutoCloseable {

    /** Who may do whatever the rights say that were bound to this name. */
    public static final String CONTROLLER = "lunaria-controller";

    private static final Duration READY_WITHIN = Duration.ofSeconds(90);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

    private final Path folder;
    private final int port = freePort();
    private final String adminToken = UUID.randomUUID().toString();
    private final String strangerToken = UUID.randomUUID().toString();
    private final String controllerToken = UUID.randomUUID().toString();
    private final List<Process> processes = new ArrayList<>();
    private final Thread endWithJvm = new Thread(this::end);

    private ApiServer() throws IOException {
        folder = Files.createTempDirectory("lunaria-apiserver");
        Runtime.getRuntime().addShutdownHook(endWithJvm);
    }

    static ApiServer start(ClusterBinaries binaries) {
        try {
            var server = new ApiServer();
            try {
                server.startEtcdAndApiServer(binaries);
                return server;
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startEtcdAndApiServer(ClusterBinaries binaries) throws IOException {
        String clients = "http://127.0.0.1:" + freePort();
        String peers = "http://127.0.0.1:" + freePort();
        run(
                binaries.etcd().toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--listen-client-urls=" + clients,
                "--advertise-client-urls=" + clients,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=default=" + peers,
                "--unsafe-no-fsync",
                "--log-level=error");
        Path tokens = folder.resolve("tokens.csv");
        Files.writeString(
                tokens,
                "%s,admin,admin,\"system:masters\"\n%s,%s,%s\n%s,stranger,stranger\n"
                        .formatted(
                                adminToken,
                                controllerToken,
                                CONTROLLER,
                                CONTROLLER,
                                strangerToken));
        Path policy =
                Files.writeString(
                        folder.resolve("audit-policy.yaml"),
                        """
                        apiVersion: audit.k8s.io/v1
                        kind: Policy
                        omitStages: [RequestReceived]
                        rules:
                        - {level: Metadata, users: [%s]}
                        - {level: None}
                        """
                                .formatted(CONTROLLER));
        Path key = writeKey();
        run(
                binaries.apiServer().toString(),
                "--etcd-servers=" + clients,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("certs"),
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key,
                "--service-cluster-ip-range=10.0.0.0/24",
                "--endpoint-reconciler-type=none",
                "--disable-admission-plugins=ServiceAccount",
                "--audit-policy-file=" + policy,
                "--audit-log-path=" + auditLog(),
                "--v=0");
        awaitReady();
    }

    private Path writeKey() throws IOException {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            byte[] key = generator.generateKeyPair().getPrivate().getEncoded();
            return Files.writeString(
                    folder.resolve("service-accounts.key"),
                    "-----BEGIN PRIVATE KEY-----\n"
                            + Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(key)
                            + "\n-----END PRIVATE KEY-----\n");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has RSA", e);
        }
    }

    private void run(String... command) throws IOException {
        String name = Path.of(command[0]).getFileName().toString();
        processes.add(
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(name + ".log").toFile())
                        .start());
    }

    private void awaitReady() throws IOException {
        Process server = processes.getLast();
        Path certificate = folder.resolve("certs/apiserver.crt");
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (System.nanoTime() < deadline && server.isAlive()) {
            if (Files.exists(certificate) && isReady()) {
                return;
            }
            try {
                server.waitFor(200, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new IOException(
                "kube-apiserver isn't ready:\n"
                        + Files.readString(folder.resolve("kube-apiserver.log")));
    }

    private boolean isReady() {
        try (var client = admin()) {
            return "ok".equals(client.raw("/readyz"))
                    && client.namespaces().withName("default").get() != null;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    /** How to reach it as one who may do everything. */
    Config adminConfig() {
        return config(adminToken);
    }

    /** How to reach it as {@link #CONTROLLER}. */
    Config controllerConfig() {
        return config(controllerToken);
    }

    /** What {@link #CONTROLLER} has asked for, one JSON object a line (audit.k8s.io/v1 Event). */
    public Path auditLog() {
        return folder.resolve("audit.log");
    }

    /** A kubeconfig of {@link #CONTROLLER} with this namespace. */
    public String kubeconfig(String namespace) {
        return """
        apiVersion: v1
        kind: Config
        current-context: here
        contexts:
        - name: here
          context: {cluster: c, user: u, namespace: %s}
        clusters:
        - name: c
          cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}
        users:
        - name: u
          user: {token: "%s"}
        """
                .formatted(namespace, port, folder.resolve("certs/apiserver.crt"), controllerToken);
    }

    /** How to reach it as one who may do nothing. */
    Config strangerConfig() {
        return config(strangerToken);
    }

    /** A client that may do everything. */
    KubernetesClient admin() {
        return new KubernetesClientBuilder().withConfig(adminConfig()).build();
    }

    private Config config(String token) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + port)
                .withCaCertFile(folder.resolve("certs/apiserver.crt").toString())
                .withOauthToken(token)
                .withNamespace("default")
                .withRequestRetryBackoffLimit(0)
                .build();
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
        end();
    }

    private void end() {
        for (Process process : processes.reversed()) {
            process.destroy();
            try {
                if (!process.waitFor(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
