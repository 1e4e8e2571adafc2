package dev.lunaria.e2e.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Programs as processes of their own, on this JVM's class path. Owned by one test; ends only what
 * it started.
 */
final class RunningPrograms implements AutoCloseable {

    private static final long WAIT_SECONDS = 60;

    private final Path folder;
    private final Map<String, Process> running = new HashMap<>();

    RunningPrograms(Path folder) {
        this.folder = folder;
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    private Process process(String name, String main, List<String> arguments) throws Exception {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-XX:+UseSerialGC",
                                "-Xmx128m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile())
                .start();
    }

    /** Runs a program to its end; returns what it printed. */
    String run(String name, String main, String... arguments) throws Exception {
        Process process = process(name, main, List.of(arguments));
        assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        String printed = Files.readString(log(name), StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(printed).isZero();
        return printed;
    }

    /** Starts a program and waits until it is ready. */
    void start(String name, String main, String... arguments) throws Exception {
        Process process = process(name, main, List.of(arguments));
        running.put(name, process);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!isReady(name) && process.isAlive() && System.nanoTime() < deadline) {
            process.waitFor(20, TimeUnit.MILLISECONDS);
        }
        assertThat(isReady(name)).as(Files.readString(log(name))).isTrue();
    }

    private boolean isReady(String name) throws Exception {
        return Files.readString(log(name), StandardCharsets.UTF_8).contains("\"ready\"");
    }

    /** What a program has logged or printed so far, by line. */
    List<String> lines(String name) throws Exception {
        return Files.readAllLines(log(name), StandardCharsets.UTF_8);
    }

    /** Waits until a line of a running program holds the words; returns the newest such line. */
    String await(String name, String words) throws Exception {
        Process process = running.get(name);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (process != null && System.nanoTime() < deadline) {
            for (String line : lines(name).reversed()) {
                if (line.contains(words)) {
                    return line;
                }
            }
            assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as(name + " ended").isFalse();
        }
        throw new AssertionError(name + " never logged " + words + ": " + lines(name));
    }

    /** The process id of a running program. */
    long pid(String name) {
        Process process = running.get(name);
        assertThat(process).as(name).isNotNull();
        return process == null ? -1 : process.pid();
    }

    /** SIGKILL. */
    void kill(String name) {
        Process process = running.remove(name);
        if (process != null) {
            process.destroyForcibly();
            assertThat(process.onExit().orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join().isAlive())
                    .isFalse();
        }
    }

    @Override
    public void close() {
        List.copyOf(running.keySet()).forEach(this::kill);
    }
}
