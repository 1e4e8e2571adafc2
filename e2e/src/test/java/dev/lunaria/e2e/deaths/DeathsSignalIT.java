package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.installation.MachineState;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.linux.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C in {@code e2e/scenario deaths}, while a pod has a volume. */
@Tag("long")
class DeathsSignalIT {
    private static final Path FOLDER = Path.of("/var/tmp/lunaria-deaths-signal-it");
    private static final long PATIENCE_SECONDS = 120;

    @TempDir Path temporary;

    @BeforeEach
    void needs() throws Exception {
        Requirements.blockDevices();
        var _ = Requirements.programs();
        var _ = Leftovers.remove(FOLDER);
    }

    @AfterEach
    void removeAll() throws Exception {
        var _ = Leftovers.remove(FOLDER);
    }

    /** While a pod writes; while a call runs; while somebody is killed and started again. */
    @ParameterizedTest
    @ValueSource(strings = {"writers", "matrix", "soak"})
    void a_signal_leaves_no_process_mount_or_file(String part) throws Exception {
        Path output = temporary.resolve("output");
        Process scenario = scenario(part, output);
        try {
            awaitPod(scenario, output);

            scenario.destroy(); // SIGTERM; Ctrl-C's SIGINT takes the same way

            assertThat(scenario.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(() -> read(output))
                    .isTrue();
        } finally {
            scenario.destroyForcibly().waitFor();
        }
        assertThat(scenario.exitValue()).as(read(output)).isNotZero();
        assertThat(read(output)).contains("interrupted").doesNotContain(" FAILED ");
        assertThat(FOLDER).doesNotExist();
        assertThat(MachineState.read(FOLDER).things().values())
                .noneMatch(things -> things.toString().contains(FOLDER + "/"));
        assertThat(ProcessHandle.allProcesses().map(DeathsSignalIT::commandLine))
                .noneMatch(line -> line.contains(FOLDER + "/"));
    }

    private static Process scenario(String part, Path output) throws IOException {
        return new ProcessBuilder(
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.lunaria.e2e.scenario.Scenarios",
                                "deaths",
                                "--only",
                                part,
                                "--folder",
                                FOLDER.toString()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static void awaitPod(Process scenario, Path output) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (MountTable.read().below(FOLDER.resolve("hosts")).isEmpty()) {
            assertThat(scenario.waitFor(50, TimeUnit.MILLISECONDS)).as(read(output)).isFalse();
            assertThat(System.nanoTime()).as(read(output)).isLessThan(deadline);
        }
    }

    private static String commandLine(ProcessHandle process) {
        return read(Path.of("/proc/" + process.pid() + "/cmdline"));
    }

    /** Empty where it isn't there any more. */
    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
