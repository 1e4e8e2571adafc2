package dev.lunaria.e2e.installation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One program of an installation, as a child process with its log and its pid file.
 *
 * <p>Used by one thread at a time. Ends when it is told to, not with its parent.
 */
public final class ServerProcess {
    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(20);

    private final String name;
    private final Process process;
    private final Path log;
    private final Path pidFile;
    private final Duration startTime;

    private ServerProcess(
            String name, Process process, Path log, Path pidFile, Duration startTime) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.pidFile = pidFile;
        this.startTime = startTime;
    }

    /**
     * Starts a program and waits until its socket is there.
     *
     * @param socket what it makes when it is ready
     * @throws IOException where it ends before that, or takes longer than 2 min; with the log's end
     */
    public static ServerProcess start(
            Layout layout, String name, Path launcher, List<String> arguments, Path socket)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(launcher.toString());
        command.addAll(arguments);
        Path log = layout.log(name);
        Files.createDirectories(log.getParent());
        Files.createDirectories(socket.getParent());
        Files.deleteIfExists(socket);
        long begin = System.nanoTime();
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .start();
        Path pidFile = layout.pid(name);
        Files.writeString(pidFile, Long.toString(process.pid()));
        long deadline = begin + READY.toNanos();
        while (!Files.exists(socket)) {
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(
                        "%s ended with exit code %d:%n%s"
                                .formatted(name, process.exitValue(), end(log)));
            }
            if (System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IOException(
                        "%s was not ready after %d s:%n%s"
                                .formatted(name, READY.toSeconds(), end(log)));
            }
        }
        return new ServerProcess(
                name, process, log, pidFile, Duration.ofNanos(System.nanoTime() - begin));
    }

    /** The program's name in this installation. */
    public String name() {
        return name;
    }

    /** From exec to ready. */
    public Duration startTime() {
        return startTime;
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL, as the kernel's OOM killer sends it. Returns when the process is gone. */
    public void kill() throws InterruptedException, IOException {
        process.destroyForcibly();
        process.waitFor();
        Files.deleteIfExists(pidFile);
    }

    /**
     * SIGKILL, and a while for it to be gone: what is within a system call, as umount is, ends only
     * after that.
     */
    public void strike(Duration patience) throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * SIGTERM, and SIGKILL after a while.
     *
     * @return whether it ended by itself
     */
    public boolean terminate(Duration patience) throws InterruptedException, IOException {
        process.destroy();
        boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            process.destroyForcibly();
            process.waitFor();
        }
        Files.deleteIfExists(pidFile);
        return ended;
    }

    /** The exit code, once it has ended. */
    public Optional<Integer> exitCode() {
        return process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    /** The last lines of its log. */
    public String endOfLog() {
        return end(log);
    }

    private static String end(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
