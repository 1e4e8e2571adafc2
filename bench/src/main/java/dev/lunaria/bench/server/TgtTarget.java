package dev.lunaria.bench.server;

import dev.lunaria.bench.load.LoadAddress;
import dev.lunaria.iscsi.initiator.Portal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A {@code tgtd} with one thin LUN. It has a control number and a port of its own, so that it
 * neither meets nor disturbs one that runs already.
 *
 * <p>What login negotiates is set as our target has it: tgt's own defaults, segments of 8 KiB among
 * them, would make large transfers slower than tgt can be.
 */
public final class TgtTarget implements MeasuredServer {
    private static final String TARGET = "iqn.2026-11.dev.lunaria:bench:tgt";
    private static final Duration READY = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(50);

    /** LUN 0 is tgt's controller. */
    private static final int LUN = 1;

    private static final Map<String, String> AS_OURS =
            Map.of(
                    "MaxRecvDataSegmentLength", "262144",
                    "MaxXmitDataSegmentLength", "262144",
                    "MaxBurstLength", "1048576",
                    "FirstBurstLength", "262144",
                    "InitialR2T", "No",
                    "ImmediateData", "Yes");

    private final Process process;
    private final int control;
    private final int port;

    private TgtTarget(Process process, int control, int port) {
        this.process = process;
        this.control = control;
        this.port = port;
    }

    /**
     * Starts one.
     *
     * @param root an empty folder, on the filesystem that is measured
     * @param port of its portal on 127.0.0.1; names its control socket too
     * @param bytes of its LUN
     */
    public static TgtTarget start(Path root, int port, long bytes)
            throws IOException, InterruptedException {
        Files.createDirectories(root);
        Path disk = root.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(bytes);
        }
        Process process =
                new ProcessBuilder(
                                "tgtd",
                                "--foreground",
                                "--control-port",
                                Integer.toString(controlNumber(port)),
                                "--iscsi",
                                "portal=127.0.0.1:" + port)
                        .redirectErrorStream(true)
                        .redirectOutput(root.resolve("tgtd.log").toFile())
                        .start();
        TgtTarget server = new TgtTarget(process, controlNumber(port), port);
        try {
            server.awaitReady(root);
            server.configure(disk);
            return server;
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** tgt takes 15 bits; two ports that are free by turns rarely share one. */
    private static int controlNumber(int port) {
        return port / 2;
    }

    private void awaitReady(Path root) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + READY.toNanos();
        while (true) {
            Answer answer = tgtadm(List.of("--mode", "target", "--op", "show"));
            if (answer.exitCode == 0) {
                return;
            }
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)
                    || System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "tgtd isn't ready: "
                                + answer.output
                                + Files.readString(root.resolve("tgtd.log")));
            }
        }
    }

    private void configure(Path disk) throws IOException, InterruptedException {
        administer("--mode", "target", "--op", "new", "--tid", "1", "--targetname", TARGET);
        for (Map.Entry<String, String> parameter : AS_OURS.entrySet()) {
            administer(
                    "--mode",
                    "target",
                    "--op",
                    "update",
                    "--tid",
                    "1",
                    "--name",
                    parameter.getKey(),
                    "--value",
                    parameter.getValue());
        }
        administer(
                "--mode",
                "logicalunit",
                "--op",
                "new",
                "--tid",
                "1",
                "--lun",
                Integer.toString(LUN),
                "--backing-store",
                disk.toString(),
                "--bstype",
                "rdwr");
        administer(
                "--mode",
                "logicalunit",
                "--op",
                "update",
                "--tid",
                "1",
                "--lun",
                Integer.toString(LUN),
                "--params",
                "thin_provisioning=1");
        administer(
                "--mode",
                "target",
                "--op",
                "bind",
                "--tid",
                "1",
                "--initiator-address",
                "127.0.0.1");
    }

    private void administer(String... arguments) throws IOException, InterruptedException {
        Answer answer = tgtadm(List.of(arguments));
        if (answer.exitCode != 0) {
            throw new IOException(
                    "tgtadm " + String.join(" ", arguments) + ": " + answer.output.strip());
        }
    }

    private record Answer(int exitCode, String output) {}

    private Answer tgtadm(List<String> arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "tgtadm",
                                "--control-port",
                                Integer.toString(control),
                                "--lld",
                                "iscsi"));
        command.addAll(arguments);
        Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Answer(tool.waitFor(), output);
    }

    @Override
    public String name() {
        return "tgt";
    }

    @Override
    public LoadAddress address() {
        return new LoadAddress(
                new Portal("127.0.0.1", port),
                INITIATOR,
                TARGET,
                LUN,
                Optional.empty(),
                Optional.empty());
    }

    @Override
    public String url() {
        return "iscsi://127.0.0.1:%d/%s/%d".formatted(port, TARGET, LUN);
    }

    @Override
    public ProcessUse process() {
        return new ProcessUse(process.pid());
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while tgtd was stopping", e);
        }
    }
}
