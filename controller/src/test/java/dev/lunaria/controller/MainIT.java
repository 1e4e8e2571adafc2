package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.secret.InstallationKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program as a process: it serves until it is told to stop, and refuses in one line with exit
 * code 2.
 */
final class MainIT {

    private static final long WAIT_SECONDS = 60;

    @TempDir Path folder;

    private Process program(String... arguments) throws Exception {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.lunaria.controller.Main"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
    }

    private String output() throws Exception {
        return Files.readString(folder.resolve("out"), StandardCharsets.UTF_8);
    }

    private String[] run(String... more) {
        var arguments =
                new ArrayList<>(
                        List.of(
                                "run",
                                "--csi-socket=unix://" + folder.resolve("csi.sock"),
                                "--registry-listen=unix://" + folder.resolve("registry.sock"),
                                "--registry-folder=" + folder.resolve("registry"),
                                "--keys=" + folder.resolve("keys"),
                                "--log-format=text"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    private void assertRefused(String words, String... arguments) throws Exception {
        Process process = program(arguments);
        try {
            assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(output().lines()).singleElement().asString().contains(words);
            assertThat(process.exitValue()).isEqualTo(2);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void itServesUntilItIsToldToStop() throws Exception {
        InstallationKeys.create(folder.resolve("keys"), "k1");
        Process process = program(run("--cluster-id=test"));
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (!output().contains("ready")
                    && process.isAlive()
                    && System.nanoTime() < deadline) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            assertThat(output()).contains("ready");
            assertThat(folder.resolve("csi.sock")).exists();
            process.destroy();
            assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(folder.resolve("csi.sock")).doesNotExist();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void badUsageIsOneLineAndExitCodeTwo() throws Exception {
        assertRefused("Unknown option", run("--cluster-id=test", "--colour=red"));
    }

    @Test
    void aKeyIsMadeOnceAndASecondTimeRefusedInOneLine() throws Exception {
        Process process = program("create-key", "--keys=" + folder.resolve("keys"), "--id=k1");
        assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(InstallationKeys.read(folder.resolve("keys")).currentId()).isEqualTo("k1");
        assertRefused("already", "create-key", "--keys=" + folder.resolve("keys"), "--id=k1");
    }
}
