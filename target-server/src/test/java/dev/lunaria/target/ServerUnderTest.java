package dev.lunaria.target;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The real program as a process of its own, on loopback and a Unix socket; ends with the test.
 * Owned by the test's thread.
 */
final class ServerUnderTest implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;
    private static final Pattern PORT = Pattern.compile("\"portal listens\".*\"port\":(\\d+)");

    private final Process process;
    private final List<Integer> ports;
    private final GrpcChannel admin;

    private ServerUnderTest(Process process, List<Integer> ports, GrpcChannel admin) {
        this.process = process;
        this.ports = ports;
        this.admin = admin;
    }

    /**
     * Starts a server and waits until it is ready.
     *
     * @param portals their ports; 0 for a free one
     */
    static ServerUnderTest start(Path pool, Path folder, int... portals) throws IOException {
        Path socket = folder.resolve("admin.sock");
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "run",
                                "--pool",
                                pool.toString(),
                                "--admin",
                                "unix://" + socket,
                                "--state-folder",
                                folder.resolve("state").toString(),
                                "--reserve-mib",
                                "1",
                                "--fence-timeout",
                                "20s"));
        for (int portal : portals) {
            arguments.addAll(List.of("--portal", "127.0.0.1:" + portal));
        }
        Process process =
                new ProcessBuilder(commandLine(arguments))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        CompletableFuture<List<Integer>> ready = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("server's log").start(() -> read(process, ready));
        List<Integer> ports;
        try {
            ports = ready.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw new IOException("the server did not start", e);
        }
        return new ServerUnderTest(process, ports, GrpcChannel.open(new Endpoint.Unix(socket)));
    }

    private static List<String> commandLine(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-Xmx128m");
        // Without the tests' folders, whose logback-test.xml would silence the log.
        command.add("-cp");
        command.add(
                String.join(
                        ":",
                        List.of(System.getProperty("java.class.path").split(":")).stream()
                                .filter(entry -> !entry.endsWith("test-classes"))
                                .toList()));
        command.add(Main.class.getName());
        command.addAll(arguments);
        return command;
    }

    private static void read(Process process, CompletableFuture<List<Integer>> ready) {
        StringBuilder log = new StringBuilder();
        List<Integer> ports = new ArrayList<>();
        try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.append(line).append('\n');
                Matcher matcher = PORT.matcher(line);
                if (matcher.find()) {
                    ports.add(Integer.parseInt(matcher.group(1)));
                }
                if (line.contains("\"message\":\"ready\"")) {
                    ready.complete(List.copyOf(ports));
                }
                if (line.contains("\"WARN\"") || line.contains("\"ERROR\"")) {
                    System.err.println(line);
                }
            }
        } catch (IOException e) {
            log.append(e);
        } finally {
            ready.completeExceptionally(new IOException("it ended:\n" + log));
        }
    }

    /** The first portal's. */
    int port() {
        return ports.getFirst();
    }

    /** In the order of the portals. */
    List<Integer> ports() {
        return ports;
    }

    GrpcChannel admin() {
        return admin;
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGTERM; returns the exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return process.exitValue();
    }

    @Override
    public void close() {
        admin.close();
        kill();
    }
}
