package dev.lunaria.service.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import dev.lunaria.service.net.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

final class ProgramTest {
    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Run run = new Run();

    private final Logger log = LoggerFactory.getLogger("dev.lunaria.test.levels");

    @TempDir Path folder;

    @AfterEach
    void backToInfo() {
        LunariaLogging.configure(LogFormat.TEXT, LogLevel.INFO);
    }

    @SuppressWarnings("UnusedVariable") // The program reads them to check their bounds.
    @Command(name = "run", description = "Runs.")
    private static final class Run implements Callable<Integer>, Bounded {
        @Mixin CommonOptions common = new CommonOptions();

        @Option(names = "--state-folder", required = true)
        private @Nullable Path stateFolder;

        @Option(names = "--addresses", split = ",")
        private List<String> addresses = List.of();

        @Option(names = "--fail")
        private @Nullable String fail;

        @Option(
                names = "--threads",
                defaultValue = "16",
                paramLabel = "N",
                description = "Threads of it.")
        int threads;

        @Option(names = "--timeout", defaultValue = "30s", paramLabel = "TIME")
        Duration timeout = Duration.ofSeconds(30);

        @Option(names = "--listen")
        @Nullable Endpoint listen;

        @Override
        public Map<String, Bound> bounds() {
            return Map.of(
                    "--threads", new Bound.Whole(1, 64),
                    "--timeout", new Bound.Time(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                    "--addresses", new Bound.Form(Pattern.compile("[a-z]+"), "lower-case letters"),
                    "--listen", new Bound.TcpAddress());
        }

        @Override
        public Integer call() {
            if ("startup".equals(fail)) {
                throw new StartupException("port 1 is in use\nsecond line");
            }
            if ("crash".equals(fail)) {
                throw new IllegalStateException("unexpected, and the log says so");
            }
            return 0;
        }
    }

    private int execute(String... args) {
        var stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Program("lunaria-test", "A test.", List.of(run), environment, stream)
                .execute(args);
    }

    private String stderr() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String file(String yaml) throws IOException {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, yaml);
        return file.toString();
    }

    @Test
    void flagsGoBeforeEnvironmentBeforeFile() throws IOException {
        String config = file("state-folder: /file\naddresses: [a, b]\n");

        assertThat(execute("run", "--config", config)).isZero();
        assertThat(run.stateFolder).isEqualTo(Path.of("/file"));
        assertThat(run.common.config()).isEqualTo(Path.of(config));
        assertThat(run.addresses).containsExactly("a", "b");

        environment.put("LUNARIA_TEST_STATE_FOLDER", "/environment");
        assertThat(execute("run", "--config", config)).isZero();
        assertThat(run.stateFolder).isEqualTo(Path.of("/environment"));

        assertThat(execute("run", "--config", config, "--state-folder", "/flag")).isZero();
        assertThat(run.stateFolder).isEqualTo(Path.of("/flag"));
    }

    @Test
    void theEnvironmentMayNameTheFile() throws IOException {
        environment.put("LUNARIA_TEST_CONFIG", file("state-folder: /file\n"));

        assertThat(execute("run")).isZero();
        assertThat(run.stateFolder).isEqualTo(Path.of("/file"));
    }

    @Test
    void anUnknownFlagIsOneLineAndExitCode2() {
        assertThat(execute("run", "--state-folder", "/x", "--nonsense")).isEqualTo(2);
        assertThat(stderr()).hasLineCount(1).contains("--nonsense").contains("--help");
    }

    @Test
    void anUnknownSettingInTheFileIsOneLineAndExitCode2() throws IOException {
        assertThat(execute("run", "--config", file("state-foldr: /x\n"))).isEqualTo(2);
        assertThat(stderr()).hasLineCount(1).contains("state-foldr").contains("settings.yaml");
    }

    @Test
    void aFileThatIsNoYamlIsOneLineAndExitCode2() throws IOException {
        assertThat(execute("run", "--config", file("a: [b\n: c"))).isEqualTo(2);
        assertThat(stderr()).hasLineCount(1).contains("not YAML");
    }

    @Test
    void anUnknownSettingInTheEnvironmentIsRefused() {
        environment.put("LUNARIA_TEST_STATE_FOLDR", "/x");
        assertThat(execute("run", "--state-folder", "/x")).isEqualTo(2);
        assertThat(stderr()).hasLineCount(1).contains("LUNARIA_TEST_STATE_FOLDR");
    }

    @Test
    void kubernetesServiceLinksAreNoSettings() {
        environment.put("LUNARIA_TEST_SERVICE_HOST", "10.0.0.1");
        environment.put("LUNARIA_TEST_SERVICE_PORT_GRPC", "443");
        environment.put("LUNARIA_TEST_PORT", "tcp://10.0.0.1:443");
        environment.put("LUNARIA_TEST_PORT_443_TCP_ADDR", "10.0.0.1");
        assertThat(execute("run", "--state-folder", "/x")).isZero();
    }

    @Test
    void aMissingSettingIsOneLineAndExitCode2() {
        assertThat(execute("run")).isEqualTo(2);
        assertThat(stderr()).hasLineCount(1).contains("--state-folder");
    }

    @Test
    void aRefusedStartIsOneLineAndExitCode2() {
        assertThat(execute("run", "--state-folder", "/x", "--fail", "startup")).isEqualTo(2);
        assertThat(stderr()).isEqualTo("lunaria-test: port 1 is in use\n");
    }

    @Test
    void aCrashIsExitCode1() {
        assertThat(execute("run", "--state-folder", "/x", "--fail", "crash")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--threads=0 | --threads is 0: it must be 1 to 64",
                "--threads=65 | --threads is 65: it must be 1 to 64",
                "--timeout=500ms | --timeout is 500ms: it must be 1s to 5m",
                "--timeout=2h | --timeout is 2h: it must be 1s to 5m",
                "--addresses=a,B | --addresses is B: it must be lower-case letters",
                "--listen=unix:///x | --listen is unix:///x: it must be host:port",
            })
    void aValueBeyondItsBoundIsOneLineAndExitCode2(String flag, String line) {
        assertThat(execute("run", "--state-folder", "/x", flag)).isEqualTo(2);
        assertThat(stderr()).isEqualTo("lunaria-test: " + line + "\n");
    }

    @Test
    void aBoundHoldsForWhatTheFileSays() throws IOException {
        assertThat(execute("run", "--config", file("state-folder: /x\nthreads: 65\n")))
                .isEqualTo(2);
        assertThat(stderr()).contains("--threads is 65: it must be 1 to 64");
    }

    @Test
    void aListHasABound() {
        String many = String.join(",", Collections.nCopies(65, "a"));
        assertThat(execute("run", "--state-folder", "/x", "--addresses", many)).isEqualTo(2);
        assertThat(stderr()).contains("--addresses has 65 values: at most 64 can be given");
    }

    @Test
    void theTableOfSettingsHasNamesDefaultsBoundsAndMeanings() {
        var program = new Program("lunaria-test", "A test.", List.of(run), environment, System.err);
        assertThat(program.settingsTable("run"))
                .contains(
                        "| `threads` | `LUNARIA_TEST_THREADS` | `16` | 1 to 64 | Threads of it. |")
                .contains("| `state-folder` | `LUNARIA_TEST_STATE_FOLDER` | must be given |")
                .contains("| `config` |");
    }

    @Test
    void helpShowsDefaultBoundAndVariable() {
        var out = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            assertThat(execute("run", "--help")).isZero();
        } finally {
            System.setOut(before);
        }
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("Default: 16. May be: 1 to 64.")
                .contains("LUNARIA_TEST_THREADS");
    }

    @Test
    void theLogLevelOfTheFileIsReadAgain() throws IOException {
        String config = file("state-folder: /x\nlog-level: warn\n");
        assertThat(execute("run", "--config", config)).isZero();
        assertThat(log.isInfoEnabled()).isFalse();

        file("state-folder: /x\nlog-level: debug\n");
        run.common.reloadLogLevel();
        assertThat(log.isDebugEnabled()).isTrue();

        file("state-folder: /x\nlog-level: loud\n");
        assertThatThrownBy(() -> run.common.reloadLogLevel())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("loud");
        assertThat(log.isDebugEnabled()).isTrue();
    }

    @Test
    void aLogLevelThatIsAFlagStays() throws IOException {
        String config = file("state-folder: /x\nlog-level: debug\n");
        assertThat(execute("run", "--config", config, "--log-level", "error")).isZero();
        run.common.reloadLogLevel();
        assertThat(log.isWarnEnabled()).isFalse();
    }

    @Test
    void noSubcommandShowsTheUsage() {
        assertThat(execute()).isEqualTo(2);
        assertThat(stderr()).contains("Usage: lunaria-test").contains("run");
    }

    @Test
    void helpAndVersionAreExitCode0() {
        assertThat(execute("--help")).isZero();
        assertThat(execute("--version")).isZero();
        assertThat(execute("run", "--help")).isZero();
        assertThat(Version.current()).matches("\\d+\\.\\d+\\.\\d+.*");
    }
}
