package dev.lunaria.bench.compare;

import dev.lunaria.bench.compare.Comparison.Measured;
import dev.lunaria.bench.load.LoadFailure;
import dev.lunaria.bench.server.BenchFolder;
import dev.lunaria.bench.server.MeasuredServer;
import dev.lunaria.bench.server.OurTarget;
import dev.lunaria.bench.server.Requirements;
import dev.lunaria.bench.server.TgtTarget;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** {@code side-by-side}: our target server and tgt, in turns. Main thread. */
@Command(
        name = "side-by-side",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures our target server beside tgt: the same clients, file system, cache and negotiated",
            "parameters, in turns. Prints one line for each work; the ratio is the median of the rounds'."
        })
public final class SideBySide implements Callable<Integer> {
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final long SPARE_BYTES = 1L << 30;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "WORK",
            description = "Only these works, by name or its beginning: ${COMPLETION-CANDIDATES}",
            completionCandidates = Names.class)
    private List<String> only = List.of();

    @Option(names = "--rounds", defaultValue = "3", paramLabel = "N", description = "Default 3.")
    private int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "S",
            description = "For each work, server and round. Default 5.")
    private int seconds;

    @Option(
            names = "--size-mib",
            defaultValue = "1024",
            paramLabel = "MIB",
            description = "Of each LUN; both must fit into the page cache. Default 1024.")
    private int sizeMib;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-side-by-side",
            paramLabel = "FOLDER",
            description = "Where both keep their LUN. Made and removed. Default ${DEFAULT-VALUE}.")
    private Path folder = Path.of("");

    @Option(
            names = "--before",
            paramLabel = "FOLDER",
            description = {
                "Another checkout of Lunaria, with its programs built, in tgt's place: what a change",
                "is worth."
            })
    private @Nullable Path before;

    @Option(names = "--json", description = "Prints one JSON array instead of lines.")
    private boolean json;

    /** For {@code --help}. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return ComparedWork.all().stream().map(ComparedWork::name).iterator();
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<ComparedWork> works =
                ComparedWork.all().stream()
                        .filter(w -> only.isEmpty() || only.stream().anyMatch(w.name()::startsWith))
                        .toList();
        if (works.isEmpty() || rounds < 1 || seconds < 1 || sizeMib < 64) {
            System.err.println("side-by-side: no such work, or a number too small; see --help");
            return 2;
        }
        long bytes = (long) sizeMib << 20;
        Requirements lacking =
                new Requirements()
                        .programs("qemu-img", "iscsi-perf")
                        .programs(before == null ? new String[] {"tgtd", "tgtadm"} : new String[0])
                        .builtPrograms()
                        .space(folder, 2 * bytes + SPARE_BYTES);
        if (!lacking.met()) {
            System.err.println("side-by-side can't run here: " + lacking);
            return 2;
        }
        try (BenchFolder own = BenchFolder.make(folder)) {
            compare(works, own.path(), bytes);
            return 0;
        } catch (IOException | LoadFailure e) {
            System.err.println("side-by-side: " + e.getMessage());
            return 1;
        }
    }

    private void compare(List<ComparedWork> works, Path root, long bytes)
            throws IOException, InterruptedException {
        Distribution built = Distribution.find().orElseThrow();
        try (MeasuredServer ours =
                        OurTarget.start(
                                "lunaria",
                                built,
                                root.resolve("ours"),
                                Installation.freePort(),
                                bytes);
                MeasuredServer peer = peer(root.resolve("peer"), bytes)) {
            for (MeasuredServer server : List.of(ours, peer)) {
                server.fillAndVerify();
            }
            if (!json) {
                System.out.println(Comparison.header(peer.name()));
            }
            List<Comparison> all = new ArrayList<>();
            for (ComparedWork work : works) {
                Comparison comparison = compare(work, ours, peer);
                all.add(comparison);
                if (!json) {
                    System.out.println(comparison);
                }
            }
            if (json) {
                System.out.println(toJson(all));
            }
        }
    }

    private MeasuredServer peer(Path root, long bytes) throws IOException, InterruptedException {
        int port = Installation.freePort();
        Path other = before;
        return other == null
                ? TgtTarget.start(root, port, bytes)
                : OurTarget.start("before", new Distribution(other), root, port, bytes);
    }

    private Comparison compare(ComparedWork work, MeasuredServer ours, MeasuredServer peer)
            throws IOException, InterruptedException {
        Duration time = Duration.ofSeconds(seconds);
        double oursIops = work.client().measure(ours, WARM_UP, work.expectedIops()).iops();
        double peerIops = work.client().measure(peer, WARM_UP, work.expectedIops()).iops();
        List<Measured> oursRounds = new ArrayList<>();
        List<Measured> peerRounds = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            // Who comes first changes, so that being first is no advantage.
            if (round % 2 == 0) {
                oursRounds.add(measure(work, ours, time, oursIops));
                peerRounds.add(measure(work, peer, time, peerIops));
            } else {
                peerRounds.add(measure(work, peer, time, peerIops));
                oursRounds.add(measure(work, ours, time, oursIops));
            }
        }
        return new Comparison(work, oursRounds, peerRounds, ours.process().peakResidentBytes());
    }

    private static Measured measure(
            ComparedWork work, MeasuredServer server, Duration time, double expectedIops)
            throws IOException, InterruptedException {
        long before = server.process().cpuMicros();
        Figure figure = work.client().measure(server, time, expectedIops);
        long used = server.process().cpuMicros() - before;
        return new Measured(figure.iops(), used / figure.operations());
    }

    private static String toJson(List<Comparison> all) {
        return JsonMapper.shared()
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(
                        all.stream().map(SideBySide::fields).collect(Collectors.toList()));
    }

    private static Map<String, Object> fields(Comparison comparison) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("work", comparison.work().name());
        fields.put("what", comparison.work().what());
        fields.put("blockBytes", comparison.work().blockBytes());
        fields.put("oursIops", comparison.oursIops());
        fields.put("peerIops", comparison.peerIops());
        fields.put("ratio", comparison.ratio());
        fields.put("rounds", comparison.ours().size());
        fields.put("oursCpuMicros", comparison.oursCpuMicros());
        fields.put("peerCpuMicros", comparison.peerCpuMicros());
        fields.put("oursResidentBytes", comparison.oursResidentBytes());
        return fields;
    }
}
