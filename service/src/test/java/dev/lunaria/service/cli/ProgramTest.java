package dev.lunaria.service.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

final class ProgramTest {
    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Run run = new Run();

    @TempDir Path folder;

    @Command(name = "run", description = "Runs.")
    private static final class Run implements Callable<Integer> {
        @Mixin CommonOptions common = new CommonOptions();

        @Option(names = "--state-folder", required = true)
        private @Nullable Path stateFolder;

        @Option(names = "--addresses", split = ",")
        private List<String> addresses = List.of();

        @Option(names = "--fail")
        private @Nullable String fail;

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
