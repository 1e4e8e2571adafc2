package dev.lunaria.e2e.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.installation.MachineState;
import dev.lunaria.e2e.installation.Requirements;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The quickstart as a person runs it: the main job from end to end, on this kernel. */
class QuickstartIT {
    private static final Path FOLDER = Path.of("/var/tmp/lunaria-quickstart-it");

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

    @Test
    void every_step_passes_and_nothing_is_left() throws Exception {
        MachineState before = MachineState.read(FOLDER);

        Process quickstart = quickstart();
        String out = new String(quickstart.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(quickstart.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(quickstart.exitValue()).as(out).isZero();
        assertThat(out)
                .contains("steps passed")
                .doesNotContain(" FAILED ")
                .doesNotContain("\u001b[");
        assertThat(MachineState.read(FOLDER).addedSince(before)).isEmpty();
    }

    @Test
    void a_second_run_works_after_a_crash_of_the_first() throws Exception {
        Process first = quickstart();
        awaitLine(first, "NodePublishVolume on mybox0");
        first.destroyForcibly().waitFor();

        Process second = quickstart();
        String out = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(second.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).as(out).isZero();
        assertThat(out).contains("Removed what an earlier run has left");
    }

    @Test
    void a_signal_cleans_up() throws Exception {
        MachineState before = MachineState.read(FOLDER);
        Process interrupted = quickstart();
        awaitLine(interrupted, "NodePublishVolume on mybox0");

        interrupted.destroy(); // SIGTERM; Ctrl-C's SIGINT takes the same way
        assertThat(interrupted.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(interrupted.exitValue()).isNotZero();
        assertThat(MachineState.read(FOLDER).addedSince(before)).isEmpty();
    }

    private static Process quickstart() throws IOException {
        return new ProcessBuilder(
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.lunaria.e2e.quickstart.Quickstart",
                                "--folder",
                                FOLDER.toString()))
                .redirectErrorStream(true)
                .start();
    }

    private static void awaitLine(Process process, String text) throws IOException {
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.contains(text)) {
                return;
            }
        }
        throw new AssertionError("the quickstart ended before it said: " + text);
    }
}
