package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The settings: what they are by default, and that each flag reaches its own. */
final class RunCommandTest {
    private static TargetSettings settings(String... args) {
        var command = new RunCommand();
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Endpoint.class, Endpoint::parse)
                .registerConverter(Duration.class, text -> Duration.parse("PT" + text))
                .parseArgs(args);
        return command.settings();
    }

    @Test
    void defaults() {
        assertThat(settings("--pool=/pool"))
                .isEqualTo(
                        new TargetSettings(
                                List.of(Path.of("/pool")),
                                List.of(new Endpoint.Tcp("127.0.0.1", 3260)),
                                new Endpoint.Unix(Path.of("/run/lunaria/target.sock")),
                                null,
                                Set.of(),
                                Path.of("/var/lib/lunaria/target"),
                                List.of(),
                                1L << 30,
                                10,
                                16,
                                Runtime.getRuntime().availableProcessors(),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(20),
                                null));
    }

    @Test
    void everySettingIsMapped() {
        assertThat(
                        settings(
                                "--pool=/a,/b",
                                "--portal=10.0.0.1:3260,[fd00::1]:3260",
                                "--admin=10.0.0.1:7443",
                                "--tls-ca=ca.pem",
                                "--tls-certificate=own.pem",
                                "--tls-key=own.key",
                                "--allowed-client=controller",
                                "--state-folder=/state",
                                "--import-folder=/images,/more",
                                "--reserve-mib=5",
                                "--warn-free-percent=20",
                                "--store-threads=6",
                                "--event-loops=7",
                                "--fence-timeout=8s",
                                "--stop-timeout=9s",
                                "--health=127.0.0.1:9811"))
                .isEqualTo(
                        new TargetSettings(
                                List.of(Path.of("/a"), Path.of("/b")),
                                List.of(
                                        new Endpoint.Tcp("10.0.0.1", 3260),
                                        new Endpoint.Tcp("fd00::1", 3260)),
                                new Endpoint.Tcp("10.0.0.1", 7443),
                                new TlsFiles(
                                        Path.of("ca.pem"), Path.of("own.pem"), Path.of("own.key")),
                                Set.of("controller"),
                                Path.of("/state"),
                                List.of(Path.of("/images"), Path.of("/more")),
                                5L << 20,
                                20,
                                6,
                                7,
                                Duration.ofSeconds(8),
                                Duration.ofSeconds(9),
                                new Endpoint.Tcp("127.0.0.1", 9811)));
    }
}
