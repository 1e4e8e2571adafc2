package dev.lunaria.node.disk.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.net.Endpoint;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The settings: what they are by default, and that each flag reaches its own. */
final class DiskProgramTest {
    private static DiskSettings settings(String... args) {
        var command = new DiskProgram();
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Endpoint.class, Endpoint::parse)
                .parseArgs(args);
        return command.settings();
    }

    @Test
    void defaults() {
        assertThat(settings("--node-name=mybox0"))
                .isEqualTo(
                        new DiskSettings(
                                "mybox0",
                                Path.of("/var/lib/lunaria/disk"),
                                new Endpoint.Unix(Path.of("/run/lunaria/disk.sock")),
                                32,
                                DigestSetting.NONE,
                                Optional.empty()));
    }

    @Test
    void everySettingIsMapped() {
        assertThat(
                        settings(
                                "--node-name=mybox1",
                                "--state-folder=/state",
                                "--disk-socket=unix:///socket",
                                "--queue-depth=8",
                                "--digests=all",
                                "--health=127.0.0.1:9809"))
                .isEqualTo(
                        new DiskSettings(
                                "mybox1",
                                Path.of("/state"),
                                new Endpoint.Unix(Path.of("/socket")),
                                8,
                                DigestSetting.ALL,
                                Optional.of(new Endpoint.Tcp("127.0.0.1", 9809))));
    }
}
