package dev.lunaria.e2e.lab;

import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A lab of User-Mode Linux hosts, beside one that somebody may have started by hand: what {@code
 * e2e/lab} does, as methods (docs/LAB.md). Ends with {@link #close}, which leaves the logs.
 *
 * <p>Any thread may run commands in hosts, several at a time; what changes the lab takes turns.
 */
public final class Lab implements AutoCloseable {
    /** The machine's own address in the lab's network: servers that run outside the hosts. */
    public static final String MACHINE = "10.220.0.1";

    /** A host boots in 3 s on a machine without other work. */
    private static final Duration CHANGE = Duration.ofMinutes(6);

    private final Path command;
    private final Path state;

    private Lab(Path project, String name) {
        this.command = project.resolve("e2e/lab");
        this.state = Path.of("/var/tmp/lunaria-lab-" + name);
    }

    /**
     * What keeps this machine from having a lab, if anything does; a sentence for a test's skip.
     */
    public static Optional<String> obstacle() {
        if (Processes.effectiveUserId() != 0) {
            return Optional.of("needs root, for User-Mode Linux hosts");
        }
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            return Optional.of("needs /dev/net/tun, for the cables of User-Mode Linux hosts");
        }
        if (!Files.isExecutable(Path.of("/usr/bin/linux.uml"))) {
            return Optional.of(
                    "needs User-Mode Linux: install user-mode-linux, or run e2e/lab up 1 once");
        }
        return Optional.empty();
    }

    /**
     * Boots hosts; a lab of the same name, which a run that was cut short has left, is ended first.
     *
     * @param project the project's folder
     * @param name of the lab; others beside it have other names
     * @param memory of each host, such as 512M
     * @param hosts their names
     * @throws IOException where they don't come up; with what e2e/lab said
     */
    public static Lab up(Path project, String name, String memory, String... hosts)
            throws IOException, InterruptedException {
        var lab = new Lab(project, name);
        var _ = lab.change("down");
        List<String> arguments = new ArrayList<>(List.of("up"));
        arguments.addAll(List.of(hosts));
        arguments.addAll(List.of("--memory", memory));
        try {
            var _ = lab.change(arguments.toArray(String[]::new));
        } catch (IOException e) {
            lab.close();
            throw e;
        }
        return lab;
    }

    /** What a command said and how it ended; 137 where the host died over it. */
    public record Outcome(int exitCode, String output) {
        /**
         * The output of a command that must succeed.
         *
         * @throws IOException where it did not; with the output
         */
        public String orFail() throws IOException {
            if (exitCode != 0) {
                throw new IOException("exit code " + exitCode + ": " + output.strip());
            }
            return output;
        }
    }

    /**
     * Runs a shell's line in a host, and waits for its end.
     *
     * @throws IOException where that takes longer than {@code patience}; the command goes on then
     */
    public Outcome run(String host, Duration patience, String line)
            throws IOException, InterruptedException {
        return finished(patience, "run", host, "sh", "-c", line);
    }

    /** As {@link #run}, in the node plugin's root of the host. */
    public Outcome plugin(String host, Duration patience, String line)
            throws IOException, InterruptedException {
        return finished(patience, "plugin", host, "sh", "-c", line);
    }

    /** As {@link #run} for a command of the machine in the lab's network. */
    public Outcome machine(Duration patience, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("machine"));
        all.addAll(List.of(arguments));
        return finished(patience, all.toArray(String[]::new));
    }

    /** The words before a command of the machine that let it run in the lab's network. */
    public List<String> machinePrefix() {
        return List.of("env", "LUNARIA_LAB_STATE=" + state, command.toString(), "machine");
    }

    /** A host's address in the lab's network. */
    public String address(String host) throws IOException {
        String number =
                Files.readString(state.resolve("hosts").resolve(host).resolve("number")).strip();
        return "10.220.0." + (10 + Integer.parseInt(number));
    }

    /** A power failure; all of the host has ended when this returns. */
    public void kill(String host) throws IOException, InterruptedException {
        var _ = change("kill", host);
    }

    /** An orderly shutdown, to its end. */
    public void stop(String host) throws IOException, InterruptedException {
        var _ = change("stop", host);
    }

    /** Boots a host again; it takes commands when this returns. */
    public void start(String host) throws IOException, InterruptedException {
        var _ = change("start", host);
    }

    /** Pulls a host's network cable. */
    public void cut(String host) throws IOException, InterruptedException {
        var _ = change("cut", host);
    }

    /** Plugs a host's network cable in again. */
    public void join(String host) throws IOException, InterruptedException {
        var _ = change("join", host);
    }

    /** A folder of the machine that a host has as /run/shared, read-write. */
    public Path shared(String host) {
        return state.resolve("hosts").resolve(host).resolve("shared");
    }

    /** What a host's kernel said, over all boots. */
    public String kernelLog(String host) throws IOException {
        return Files.readString(
                state.resolve("log").resolve(host).resolve("console.log"),
                StandardCharsets.ISO_8859_1);
    }

    /** Ends all hosts and the network. */
    @Override
    public void close() throws IOException {
        try {
            var _ = change("down");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the lab was ending", e);
        }
    }

    private String change(String... arguments) throws IOException, InterruptedException {
        Outcome outcome = finished(CHANGE, arguments);
        if (outcome.exitCode() != 0) {
            throw new IOException(
                    "e2e/lab %s ended with exit code %d: %s"
                            .formatted(
                                    String.join(" ", arguments),
                                    outcome.exitCode(),
                                    outcome.output().strip()));
        }
        return outcome.output();
    }

    private Outcome finished(Duration patience, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(command.toString()));
        all.addAll(List.of(arguments));
        Path output = Files.createTempFile("lunaria-lab", ".out");
        try {
            var builder =
                    new ProcessBuilder(all)
                            .redirectErrorStream(true)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(output.toFile());
            builder.environment().put("LUNARIA_LAB_STATE", state.toString());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            Process process = builder.start();
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(
                        "e2e/lab %s took longer than %d s: %s"
                                .formatted(
                                        String.join(" ", arguments),
                                        patience.toSeconds(),
                                        read(output)));
            }
            return new Outcome(process.exitValue(), read(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** Whatever a command prints, binary included. */
    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
