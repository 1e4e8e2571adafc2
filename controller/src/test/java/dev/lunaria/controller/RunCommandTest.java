package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The settings: what they are by default, and that each flag reaches its own. */
final class RunCommandTest {
    private static Settings settings(String... args) {
        var command = new RunCommand();
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Endpoint.class, Endpoint::parse)
                .registerConverter(Duration.class, text -> Duration.parse("PT" + text))
                .parseArgs(args);
        return command.settings();
    }

    private static Endpoint unix(String path) {
        return new Endpoint.Unix(Path.of(path));
    }

    @Test
    void defaults() {
        assertThat(settings("--cluster-id=prod"))
                .isEqualTo(
                        new Settings(
                                unix("/run/lunaria/controller-csi.sock"),
                                new RegistrySource.Folder(Path.of("/var/lib/lunaria/registry")),
                                unix("/run/lunaria/registry.sock"),
                                "prod",
                                Path.of("/etc/lunaria/keys"),
                                Set.of(),
                                AlphaCalls.HIDDEN,
                                Optional.empty(),
                                Set.of(),
                                false,
                                Duration.ofHours(1),
                                Optional.empty(),
                                Optional.empty(),
                                Duration.ofSeconds(20)));
    }

    @Test
    void everySettingIsMapped() {
        assertThat(
                        settings(
                                "--cluster-id=test",
                                "--csi-socket=unix:///csi",
                                "--registry-folder=/registry",
                                "--registry-listen=0.0.0.0:7444",
                                "--keys=/keys",
                                "--csi-alpha=announced",
                                "--tls-ca=ca.pem",
                                "--tls-certificate=own.pem",
                                "--tls-key=own.key",
                                "--allowed-client=a,b",
                                "--startup-taint",
                                "--orphan-patience=10m",
                                "--node-account=lunaria-node",
                                "--health=127.0.0.1:9810",
                                "--stop-timeout=5s"))
                .isEqualTo(
                        new Settings(
                                unix("/csi"),
                                new RegistrySource.Folder(Path.of("/registry")),
                                new Endpoint.Tcp("0.0.0.0", 7444),
                                "test",
                                Path.of("/keys"),
                                Set.of(),
                                AlphaCalls.ANNOUNCED,
                                Optional.of(
                                        new TlsFiles(
                                                Path.of("ca.pem"),
                                                Path.of("own.pem"),
                                                Path.of("own.key"))),
                                Set.of("a", "b"),
                                true,
                                Duration.ofMinutes(10),
                                Optional.of("lunaria-node"),
                                Optional.of(new Endpoint.Tcp("127.0.0.1", 9810)),
                                Duration.ofSeconds(5)));
    }

    @Test
    void documentsAreInTheCluster() {
        assertThat(settings("--cluster-id=test", "--registry=kubernetes").registry())
                .isEqualTo(new RegistrySource.Kubernetes(Optional.empty()));
        assertThat(
                        settings(
                                        "--cluster-id=test",
                                        "--registry=kubernetes",
                                        "--kubeconfig=/etc/kubeconfig")
                                .registry())
                .isEqualTo(new RegistrySource.Kubernetes(Optional.of(Path.of("/etc/kubeconfig"))));
    }

    @Test
    void labelsAreOfTheClustersNodes() {
        assertThat(
                        settings(
                                        "--cluster-id=test",
                                        "--registry=kubernetes",
                                        "--node-label=topology.kubernetes.io/zone,rack")
                                .nodeLabels())
                .containsExactlyInAnyOrder("topology.kubernetes.io/zone", "rack");
        assertThatThrownBy(() -> settings("--cluster-id=test", "--node-label=rack"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--topology");
    }

    @Test
    void aKubeconfigIsOfNoUseToAFolder() {
        assertThatThrownBy(() -> settings("--cluster-id=test", "--kubeconfig=/etc/kubeconfig"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--registry kubernetes");
    }
}
