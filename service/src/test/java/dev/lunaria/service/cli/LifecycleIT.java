package dev.lunaria.service.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lunaria.linux.Processes;
import dev.lunaria.linux.Signals;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program of its own is sent signals. */
@Timeout(60)
final class LifecycleIT {
    /** The program: closes its parts, or hangs over one, as its argument says. */
    static final class Sleeper {
        private Sleeper() {}

        public static void main(String[] args) throws InterruptedException {
            int code;
            try (var lifecycle = new Lifecycle(Duration.ofMillis(100))) {
                lifecycle.add("first", () -> System.out.println("first closed"));
                lifecycle.add("failing", () -> failOrHang(args[0]));
                lifecycle.add("last", () -> System.out.println("last closed"));
                lifecycle.onReload("good", () -> System.out.println("loaded again"));
                lifecycle.onReload("broken", Sleeper::refuse);
                lifecycle.ready();
                System.out.println("ready");
                code = lifecycle.awaitStop();
            }
            Lifecycle.exit(code);
        }

        private static void refuse() {
            System.out.println("refused");
            throw new StartupException("half a file");
        }

        private static void failOrHang(String mode) throws InterruptedException {
            if (mode.equals("hang")) {
                new CountDownLatch(1).await();
            }
            throw new IllegalStateException("a part that can't be closed");
        }
    }

    private static Process start(String mode) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Sleeper.class.getName(),
                        mode)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static List<String> outputAfter(int signal, String mode, int expectedCode)
            throws IOException, InterruptedException {
        Process process = start(mode);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("ready");
            Processes.kill(process.pid(), signal);
            List<String> lines = new ArrayList<>();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(expectedCode);
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void sigtermClosesAllPartsInReverseAndEndsWith0() throws Exception {
        assertThat(outputAfter(Processes.SIGTERM, "fail", 0))
                .containsExactly("last closed", "first closed");
    }

    @Test
    void sighupLoadsAgainWhatCanBeAndTheProgramGoesOn() throws Exception {
        assumeThat(Signals.hears(Processes.SIGHUP))
                .as("SIGHUP is ignored here, as under nohup")
                .isTrue();
        Process process = start("fail");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("ready");
            for (int i = 0; i < 2; i++) {
                Processes.kill(process.pid(), Processes.SIGHUP);
                assertThat(out.readLine()).isEqualTo("refused");
                assertThat(out.readLine()).isEqualTo("loaded again");
            }
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void sigintDoesTheSame() throws Exception {
        assumeThat(Signals.hears(Processes.SIGINT))
                .as("SIGINT is ignored here, as in the background of a script")
                .isTrue();
        assertThat(outputAfter(Processes.SIGINT, "fail", 0))
                .containsExactly("last closed", "first closed");
    }

    @Test
    void aPartThatHangsIsLeftAfterTheTimeGiven() throws Exception {
        assertThat(outputAfter(Processes.SIGTERM, "hang", 1)).containsExactly("last closed");
    }
}
