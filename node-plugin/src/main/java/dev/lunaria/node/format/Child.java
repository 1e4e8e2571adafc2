package dev.lunaria.node.format;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program of the host as a child process: bounded in time and output, killed with this
 * process.
 *
 * <p>Stateless. The calling thread waits, and must be a platform thread: the child is bound to it
 * by PR_SET_PDEATHSIG (through setpriv(1)), so that it dies when this process is killed. Where
 * setpriv is missing, or the process dies in the instant before setpriv has run, the child lives on
 * as an orphan; {@link Formatter} therefore takes its device away before it formats again.
 */
public final class Child {
    private static final List<Path> FOLDERS =
            List.of(
                    Path.of("/usr/sbin"),
                    Path.of("/usr/bin"),
                    Path.of("/sbin"),
                    Path.of("/bin"),
                    Path.of("/usr/local/sbin"));
    private static final int MAX_OUTPUT_BYTES = 8 << 10;
    private static final Duration DEATH = Duration.ofSeconds(2);

    private Child() {}

    /**
     * How a child ended.
     *
     * @param exitCode its exit code
     * @param output the beginning of what it wrote to stdout and stderr
     */
    public record Result(int exitCode, String output) {

        /** What is said of a program that should have succeeded on a device. */
        NodeFailure failure(String program, Path device) {
            return new NodeFailure(
                    Kind.BROKEN,
                    "%s on %s ended with %d: %s".formatted(program, device, exitCode, output));
        }
    }

    /**
     * Runs a tool to its end.
     *
     * @throws NodeFailure PRECONDITION where it isn't installed, TIMED_OUT where it took longer (it
     *     is killed)
     */
    public static Result run(Duration within, Tool tool, List<String> arguments) {
        List<String> command = new ArrayList<>();
        find("setpriv")
                .ifPresent(setpriv ->
                        command.addAll(List.of(setpriv.toString(), "--pdeathsig", "KILL", "--")));
        command.add(
                find(tool.program())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "%s is missing on this node; install the package %s"
                                                .formatted(tool.program(), tool.origin())))
                        .toString());
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C");
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        try {
            return await(builder.start(), within, tool.program());
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static Result await(Process process, Duration within, String program) {
        var output = new CompletableFuture<String>();
        Thread.ofVirtual().start(() -> drain(process, output));
        try {
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new NodeFailure(
                        Kind.TIMED_OUT,
                        "%s took longer than %ds and was killed; repeat"
                                .formatted(program, within.toSeconds()));
            }
            // It has ended, so its output ends too, unless a child of its own holds the pipe open.
            String text =
                    output.completeOnTimeout("", DEATH.toMillis(), TimeUnit.MILLISECONDS).join();
            return new Result(process.exitValue(), text.strip());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeFailure(Kind.UNAVAILABLE, program + " was interrupted; repeat", e);
        } finally {
            kill(process);
        }
    }

    /** Kills what still runs. In the kernel's uninterruptible sleep it dies later; nobody waits. */
    private static void kill(Process process) {
        if (!process.isAlive()) {
            return;
        }
        process.destroyForcibly();
        try {
            process.waitFor(DEATH.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void drain(Process process, CompletableFuture<String> output) {
        try (InputStream in = process.getInputStream()) {
            byte[] beginning = in.readNBytes(MAX_OUTPUT_BYTES);
            output.complete(new String(beginning, StandardCharsets.UTF_8));
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException killed) {
            output.complete("");
        }
    }

    private static Optional<Path> find(String program) {
        return FOLDERS.stream()
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
