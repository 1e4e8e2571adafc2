package dev.lunaria.bench.calls;

import dev.lunaria.bench.server.BenchFolder;
import dev.lunaria.bench.server.Requirements;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code calls}: a volume's way from nothing into a pod, over and over. Main thread. */
@Command(
        name = "calls",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts a target server, a controller and a node plugin on this machine, and measures CreateVolume,",
            "ControllerPublishVolume, NodeStageVolume (which formats) and NodePublishVolume of blank volumes.",
            "Needs root, FUSE and a loop device."
        })
public final class CallLatencies implements Callable<Integer> {
    private static final long GIB = 1L << 30;
    private static final long SPARE_BYTES = 4 * GIB;
    private static final String POD = "pod";
    private static final int DIGITS = 3;

    @Option(
            names = "--volumes",
            defaultValue = "100",
            paramLabel = "N",
            description = "How many, one after the other. Default 100.")
    private int volumes;

    @Option(
            names = "--size-gib",
            defaultValue = "40",
            paramLabel = "GIB",
            description = "Of each. Default 40.")
    private int sizeGib;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-calls",
            paramLabel = "FOLDER",
            description = "Where everything is kept. Made and removed. Default ${DEFAULT-VALUE}.")
    private Path folder = Path.of("");

    private final Map<String, Histogram> latencies = new LinkedHashMap<>();

    @Override
    public Integer call() throws Exception {
        Requirements lacking =
                new Requirements()
                        .root()
                        .programs("mkfs.ext4", "e2fsck")
                        .device(Path.of("/dev/fuse"))
                        .device(Path.of("/dev/loop-control"))
                        .builtPrograms()
                        .space(folder, SPARE_BYTES);
        if (!lacking.met() || volumes < 1 || sizeGib < 1) {
            System.err.println(
                    "calls can't run here: "
                            + (lacking.met() ? "a number is too small; see --help" : lacking));
            return 2;
        }
        try (BenchFolder own = BenchFolder.make(folder)) {
            measure(own.path());
        } catch (IOException | StatusRuntimeException e) {
            System.err.println("calls: " + e.getMessage());
            return 1;
        }
        print();
        return 0;
    }

    private void measure(Path root) throws Exception {
        Installation installation =
                Installation.start(
                        new Layout(root),
                        Distribution.find().orElseThrow(),
                        Installation.freePort());
        try {
            NodeHost host = installation.addHost("bench");
            Orchestrator orchestrator = new Orchestrator(installation);
            live(orchestrator, host, "warm-up");
            latencies.clear();
            for (int i = 0; i < volumes; i++) {
                live(orchestrator, host, "volume-" + i);
            }
        } finally {
            installation.stop();
        }
    }

    /** One volume's life; its end isn't measured. */
    private void live(Orchestrator orchestrator, NodeHost host, String name) throws Exception {
        Volume volume = timed("CreateVolume", () -> orchestrator.create(name, sizeGib * GIB));
        Map<String, String> context =
                timed(
                        "ControllerPublishVolume",
                        () -> orchestrator.controllerPublish(volume, host));
        var _ =
                timed(
                        "NodeStageVolume",
                        () -> {
                            orchestrator.stage(volume, host, context);
                            return true;
                        });
        var _ = timed("NodePublishVolume", () -> orchestrator.publish(volume, host, context, POD));
        orchestrator.unpublish(volume, host, POD);
        orchestrator.unstage(volume, host);
        orchestrator.controllerUnpublish(volume, host);
        orchestrator.delete(volume);
    }

    private <T> T timed(String call, Callable<T> made) throws Exception {
        long begin = System.nanoTime();
        T answer = made.call();
        latencies
                .computeIfAbsent(call, c -> new Histogram(TimeUnit.MINUTES.toNanos(5), DIGITS))
                .recordValue(System.nanoTime() - begin);
        return answer;
    }

    private void print() {
        System.out.printf(Locale.ROOT, "%-28s %10s %10s   over%n", "call", "p50 ms", "p95 ms");
        latencies.forEach((call, latency) ->
                System.out.printf(
                        Locale.ROOT,
                        "%-28s %10.1f %10.1f   %d%n",
                        call,
                        latency.getValueAtPercentile(50) / 1e6,
                        latency.getValueAtPercentile(95) / 1e6,
                        latency.getTotalCount()));
    }
}
