package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.secret.InstallationKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the controller refuses to start with, each in one line. */
final class StartIT {

    @TempDir Path folder;

    private Endpoint registryListen = new Endpoint.Tcp("127.0.0.1", 0);

    @BeforeEach
    void makeKey() {
        registryListen = new Endpoint.Unix(folder.resolve("registry.sock"));
        InstallationKeys.create(folder.resolve("keys"), "k1");
    }

    private void assertRefused(String words, Path registry, Path keys) {
        assertRefused(words, new RegistrySource.Folder(registry), keys);
    }

    private void assertRefused(String words, RegistrySource registry, Path keys) {
        var settings =
                new Settings(
                        new Endpoint.Unix(folder.resolve("csi.sock")),
                        registry,
                        registryListen,
                        "test",
                        keys,
                        Set.of(),
                        AlphaCalls.HIDDEN,
                        Optional.empty(),
                        Set.of(),
                        false,
                        Duration.ofHours(1),
                        Optional.empty(),
                        Optional.empty(),
                        Duration.ofSeconds(1));
        try (var lifecycle = new Lifecycle(Duration.ofSeconds(1))) {
            assertThatThrownBy(() -> Controller.start(settings, lifecycle))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(words)
                    .message()
                    .doesNotContain("\n");
        }
    }

    private void assertRefused(String words) {
        assertRefused(words, folder.resolve("registry"), folder.resolve("keys"));
    }

    @Test
    void withoutAKeyThereIsNothingToDeriveSecretsFrom() {
        assertRefused("key folder", folder.resolve("registry"), folder.resolve("nowhere"));
    }

    @Test
    void aRegistryThatIsNoFolder() throws Exception {
        assertRefused(
                "folder can't be used",
                Files.createFile(folder.resolve("file")),
                folder.resolve("keys"));
    }

    @Test
    void aRegistryOfAnotherCluster() {
        try (var registry = FolderRegistry.open(folder.resolve("registry"))) {
            registry.create(
                    Kind.LUNARIA_NODE,
                    "n",
                    new LunariaNode(List.of(), "other", "iqn.2026-11.dev.lunaria:n", 0));
        }
        assertRefused("of cluster other");
    }

    @Test
    void aRegistryOfANewerVersion() throws Exception {
        Path nodes = Files.createDirectories(folder.resolve("registry/lunarianodes"));
        Files.writeString(nodes.resolve("n.yaml"), "apiVersion: lunaria.dev/v9\n");
        assertRefused("its apiVersion is \"lunaria.dev/v9\"");
    }

    @Test
    void aTcpAddressWithoutTls() {
        registryListen = new Endpoint.Tcp("127.0.0.1", 0);
        assertRefused("needs TLS");
    }

    @Test
    void aSocketThatIsInUse() {
        try (var cluster = new TestCluster(folder.resolve("running"))) {
            assertThat(cluster.startController("c")).isNotNull();
            registryListen = new Endpoint.Unix(folder.resolve("running/c-registry.sock"));
            assertRefused("running/c-registry.sock");
        }
    }

    @Test
    void aClusterThatDoesNotAnswer() throws Exception {
        Path kubeconfig =
                Files.writeString(
                        folder.resolve("kubeconfig"),
                        """
                        apiVersion: v1
                        kind: Config
                        current-context: here
                        contexts:
                        - name: here
                          context: {cluster: c, user: u, namespace: storage}
                        clusters:
                        - name: c
                          cluster: {server: "http://127.0.0.1:1"}
                        users:
                        - name: u
                          user: {token: secret}
                        """);

        assertRefused(
                "the Kubernetes API couldn't be asked to list lunarianodes.lunaria.dev",
                new RegistrySource.Kubernetes(Optional.of(kubeconfig)),
                folder.resolve("keys"));
    }

    @Test
    void aClusterOfNoPod() {
        assertRefused(
                "name a file by --kubeconfig",
                new RegistrySource.Kubernetes(Optional.empty()),
                folder.resolve("keys"));
    }
}
