package dev.lunaria.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.attach.BackendChoice;
import dev.lunaria.node.cluster.ClusterTimeouts;
import dev.lunaria.node.disk.process.DigestSetting;
import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The settings: what they are by default, and that each flag reaches its own. */
final class RunCommandTest {
    private static final List<String> REQUIRED =
            List.of(
                    "--csi-socket=unix:///run/csi.sock",
                    "--node-name=mybox0",
                    "--state-folder=/var/lib/lunaria",
                    "--registry=controller:9443",
                    "--keys=/etc/lunaria/keys",
                    "--disk-socket=unix:///run/disk.sock");

    private static NodeSettings settings(String... more) {
        var command = new RunCommand();
        List<String> args = new ArrayList<>(REQUIRED);
        args.addAll(List.of(more));
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Endpoint.class, Endpoint::parse)
                .setOverwrittenOptionsAllowed(true)
                .parseArgs(args.toArray(String[]::new));
        return command.settings();
    }

    private static Bound bound(String flag) {
        return Objects.requireNonNull(new RunCommand().bounds().get(flag));
    }

    @Test
    void defaults() {
        assertThat(settings())
                .isEqualTo(
                        new NodeSettings(
                                new Endpoint.Unix(Path.of("/run/csi.sock")),
                                "mybox0",
                                Path.of("/var/lib/lunaria"),
                                new Endpoint.Tcp("controller", 9443),
                                Optional.empty(),
                                Optional.empty(),
                                Path.of("/etc/lunaria/keys"),
                                new Endpoint.Unix(Path.of("/run/disk.sock")),
                                BackendChoice.Wish.AUTO,
                                Path.of("/"),
                                0,
                                DigestSetting.NONE,
                                List.of(),
                                256,
                                Optional.empty(),
                                Map.of(),
                                AlphaCalls.HIDDEN,
                                Optional.empty()));
    }

    @Test
    void everySettingIsMapped() {
        NodeSettings settings =
                settings(
                        "--addresses=10.0.0.1,fd00::1",
                        "--max-volumes=7",
                        "--topology=topology.kubernetes.io/zone=a,example.org/rack=r1",
                        "--csi-alpha=announced",
                        "--attach-backend=kernel",
                        "--host-root=/host",
                        "--replacement-seconds=120",
                        "--digests=data",
                        "--health=0.0.0.0:9808",
                        "--registry-ca=ca.pem",
                        "--registry-certificate=node.pem",
                        "--registry-key=node.key",
                        "--registry-token=/token");
        assertThat(settings.registryToken()).contains(Path.of("/token"));
        assertThat(settings.addresses()).containsExactly("10.0.0.1", "fd00::1");
        assertThat(settings.maxVolumes()).isEqualTo(7);
        assertThat(settings.topology())
                .isEqualTo(Map.of("topology.kubernetes.io/zone", "a", "example.org/rack", "r1"));
        assertThat(settings.alphaCalls()).isEqualTo(AlphaCalls.ANNOUNCED);
        assertThat(settings.attachBackend()).isEqualTo(BackendChoice.Wish.KERNEL);
        assertThat(settings.hostRoot()).isEqualTo(Path.of("/host"));
        assertThat(settings.replacementSeconds()).isEqualTo(120);
        assertThat(settings.digests()).isEqualTo(DigestSetting.DATA);
        assertThat(settings.health()).contains(new Endpoint.Tcp("0.0.0.0", 9808));
        assertThat(settings.registryTls())
                .contains(
                        new TlsFiles(Path.of("ca.pem"), Path.of("node.pem"), Path.of("node.key")));
    }

    @Test
    void aNodeSharesFilesystemsAtItsFirstIpv4Address() {
        assertThat(
                        settings(
                                        "--addresses=fd00::1,10.0.0.1,10.0.0.2",
                                        "--shared-filesystems=on",
                                        "--shared-outage=40")
                                .shared())
                .contains(
                        new NodeSettings.Shared(
                                "10.0.0.1", new ClusterTimeouts(Duration.ofSeconds(40))));
        assertThatExceptionOfType(StartupException.class)
                .isThrownBy(() -> settings("--shared-filesystems=on", "--addresses=fd00::1"))
                .withMessageContaining("IPv4");
        assertThat(bound("--shared-outage").holds(29)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "--csi-socket, host:1",
        "--disk-socket, host:1",
        "--health, unix:///run/health",
    })
    void endpointsAreOfTheRightKind(String flag, String value) {
        assertThat(bound(flag).holds(Endpoint.parse(value))).isFalse();
    }

    @Test
    void aNodeNameIsADnsName() {
        Bound name = bound("--node-name");
        assertThat(name.holds("mybox0.example.org")).isTrue();
        assertThat(name.holds("My Box")).isFalse();
        assertThat(name.holds("")).isFalse();
    }

    @Test
    void aNodeIsAtOnePlace() {
        assertThatThrownBy(() -> settings("--topology=zone=a,zone=b"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("zone");
    }

    @Test
    void tlsFilesGoTogether() {
        assertThatThrownBy(() -> settings("--registry-ca=ca.pem"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--registry-certificate");
    }
}
