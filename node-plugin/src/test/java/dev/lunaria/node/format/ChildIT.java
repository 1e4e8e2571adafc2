package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ChildIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** A program that runs a child for ever. */
    static final class Owner {
        private Owner() {}

        public static void main(String[] args) {
            System.out.println("started");
            System.out.println(Child.run(Duration.ofHours(1), tool("sleep"), List.of("3600")));
        }
    }

    @Test
    void exitCodeAndOutputComeBack() {
        Child.Result result =
                Child.run(LONG, tool("sh"), List.of("-c", "echo out; echo err >&2; exit 3"));
        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.output()).contains("out", "err");
    }

    @Test
    void aChildThatWritesMuchIsNotStopped() {
        Child.Result result =
                Child.run(LONG, tool("sh"), List.of("-c", "head -c 1000000 /dev/zero; exit 0"));
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void aChildGetsNothingOfOurEnvironmentAndNoInput() {
        assertThat(Child.run(LONG, tool("sh"), List.of("-c", "cat; echo [$HOME]")).output())
                .isEqualTo("[]");
    }

    @Test
    void oneThatTakesTooLongIsKilled() {
        assertThatThrownBy(() -> Child.run(Duration.ofMillis(200), tool("sleep"), List.of("3601")))
                .isInstanceOfSatisfying(
                        NodeFailure.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT));
        assertThat(find("3601")).isEmpty();
    }

    @Test
    void aMissingProgramIsNamed() {
        assertThatThrownBy(() -> Child.run(LONG, tool("mkfs.nothing"), List.of()))
                .isInstanceOf(NodeFailure.class)
                .hasMessageContaining(
                        "mkfs.nothing is missing on this node; install the package nothing");
    }

    /** A mkfs whose plugin was killed must not go on writing. */
    @Test
    void aChildDiesWithItsOwner() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv (util-linux)");
        Process owner =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Owner.class.getName())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (BufferedReader out = owner.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("started");
            // setpriv has done its part once it has become sleep.
            Optional<ProcessHandle> sleep = Optional.empty();
            while (sleep.isEmpty()) {
                sleep =
                        owner.descendants()
                                .filter(p -> p.info().command().orElse("").endsWith("sleep"))
                                .findFirst();
            }
            Processes.kill(owner.pid(), Processes.SIGKILL);
            sleep.get().onExit().get(30, TimeUnit.SECONDS);
            assertThat(sleep.get().isAlive()).isFalse();
        } finally {
            owner.destroyForcibly();
        }
    }

    private static Optional<ProcessHandle> find(String argument) {
        return ProcessHandle.current()
                .descendants()
                .filter(p -> p.info().commandLine().orElse("").contains(argument))
                .findFirst();
    }

    private static Tool tool(String program) {
        return new Tool(program, "nothing");
    }
}
