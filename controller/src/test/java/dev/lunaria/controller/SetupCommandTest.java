package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.setup.ClusterTarget;
import dev.lunaria.controller.setup.InstallationNames;
import dev.lunaria.controller.setup.Setup;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The settings of the commands for clusters: by default, and that each flag reaches its own. */
final class SetupCommandTest {

    private static final InstallationNames NAMES = new InstallationNames("storage");

    private static <C> C parsed(C command, String... args) {
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Duration.class, text -> Duration.parse("PT" + text))
                .parseArgs(args);
        return command;
    }

    @Test
    void defaults() {
        assertThat(parsed(new SetupCommand()).plan(NAMES))
                .isEqualTo(
                        new Setup.Plan(
                                NAMES,
                                Optional.empty(),
                                Optional.of(Duration.ofDays(90)),
                                List.of(),
                                List.of(),
                                false,
                                Duration.ofMinutes(10),
                                Optional.empty()));
        assertThat(parsed(new CheckUnusedCommand()).settings())
                .isEqualTo(
                        new CheckUnusedCommand.CheckSettings(Optional.empty(), Optional.empty()));
    }

    @Test
    void everySettingIsMapped() {
        assertThat(
                        parsed(
                                        new SetupCommand(),
                                        "--cluster-id=prod",
                                        "--certificates=own",
                                        "--certificate-days=30",
                                        "--external-target=a.example.org,b.example.org",
                                        "--target=storage1=200",
                                        "--target=storage2",
                                        "--target-portal-port=13260",
                                        "--target-admin-port=17443",
                                        "--patience=5m",
                                        "--snapshot-metadata=served",
                                        "--definitions=/definitions")
                                .plan(NAMES))
                .isEqualTo(
                        new Setup.Plan(
                                NAMES,
                                Optional.of("prod"),
                                Optional.of(Duration.ofDays(30)),
                                List.of("a.example.org", "b.example.org"),
                                List.of(target("storage1", 200), target("storage2", 1000)),
                                true,
                                Duration.ofMinutes(5),
                                Optional.of(Path.of("/definitions"))));
        assertThat(parsed(new SetupCommand(), "--certificates=existing").plan(NAMES).certificates())
                .isEmpty();
        assertThat(
                        parsed(
                                        new CheckUnusedCommand(),
                                        "--kubeconfig=/config",
                                        "--tls-ca=a",
                                        "--tls-certificate=b",
                                        "--tls-key=c")
                                .settings())
                .isEqualTo(
                        new CheckUnusedCommand.CheckSettings(
                                Optional.of(Path.of("/config")),
                                Optional.of(
                                        new TlsFiles(Path.of("a"), Path.of("b"), Path.of("c")))));
    }

    @Test
    void commandsAboutNodesAreMapped() {
        assertThat(parsed(new EvictNodeCommand(), "mybox0", "--cluster-id=prod").settings())
                .isEqualTo(
                        new EvictNodeCommand.EvictSettings(
                                "mybox0", false, "prod", Optional.empty(), Optional.empty()));
        assertThat(
                        parsed(
                                        new EvictNodeCommand(),
                                        "mybox0",
                                        "--force",
                                        "--cluster-id=prod",
                                        "--kubeconfig=/config",
                                        "--tls-ca=a",
                                        "--tls-certificate=b",
                                        "--tls-key=c")
                                .settings())
                .isEqualTo(
                        new EvictNodeCommand.EvictSettings(
                                "mybox0",
                                true,
                                "prod",
                                Optional.of(Path.of("/config")),
                                Optional.of(
                                        new TlsFiles(Path.of("a"), Path.of("b"), Path.of("c")))));
        assertThat(
                        parsed(new ReadmitNodeCommand(), "mybox0", "--force", "--kubeconfig=/c")
                                .settings())
                .isEqualTo(
                        new ReadmitNodeCommand.ReadmitSettings(
                                "mybox0", true, Optional.of(Path.of("/c"))));
        assertThat(parsed(new ReadmitNodeCommand(), "mybox0").settings())
                .isEqualTo(
                        new ReadmitNodeCommand.ReadmitSettings("mybox0", false, Optional.empty()));
    }

    private static ClusterTarget target(String name, int percent) {
        String host = "lunaria-target-" + name + ".storage.svc";
        return new ClusterTarget(
                name, new Endpoint.Tcp(host, 17443), new Endpoint.Tcp(host, 13260), percent);
    }
}
