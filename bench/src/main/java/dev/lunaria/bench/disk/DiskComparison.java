package dev.lunaria.bench.disk;

import dev.lunaria.bench.server.BenchFolder;
import dev.lunaria.bench.server.OurTarget;
import dev.lunaria.bench.server.Requirements;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code disks}: our user-space disk and qemu-storage-daemon's, in turns. Main thread. */
@Command(
        name = "disks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures our user-space disk beside qemu-storage-daemon's (iSCSI, FUSE export, loop device), over",
            "one target server of ours, with fio on ext4 past the page cache, in turns. Both first pass fio's",
            "checksums. Needs root, FUSE and two loop devices."
        })
public final class DiskComparison implements Callable<Integer> {
    private static final int FILE_SHARE = 2;
    private static final long SPARE_BYTES = 1L << 30;

    @Option(names = "--rounds", defaultValue = "3", paramLabel = "N", description = "Default 3.")
    private int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "S",
            description = "For each work, disk and round. Default 5.")
    private int seconds;

    @Option(
            names = "--only",
            paramLabel = "WORK",
            description = "Works whose name begins so; may be given several times.")
    private List<String> only = List.of();

    @Option(
            names = "--size-mib",
            defaultValue = "1024",
            paramLabel = "MIB",
            description = "Of each disk; the file on it takes half of that. Default 1024.")
    private int sizeMib;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-disks",
            paramLabel = "FOLDER",
            description = "Where everything is kept. Made and removed. Default ${DEFAULT-VALUE}.")
    private Path folder = Path.of("");

    @Option(
            names = "--qemu-storage-daemon",
            defaultValue = "qemu-storage-daemon",
            paramLabel = "PROGRAM",
            description = "Of QEMU 8 or newer: 7.2's export spoils data. Default ${DEFAULT-VALUE}.")
    private String daemon = "";

    @Option(
            names = "--before",
            paramLabel = "FOLDER",
            description = "Another checkout of Lunaria, with its programs built, in QEMU's place.")
    private @Nullable Path before;

    private record Work(String what, Fio.Job job) {}

    private static final List<Work> WORKS =
            List.of(
                    new Work("4 KiB random reads, depth 16", new Fio.Job("randread", 4, 16)),
                    new Work("4 KiB random writes, depth 16", new Fio.Job("randwrite", 4, 16)),
                    new Work("1 MiB reads, depth 8", new Fio.Job("read", 1024, 8)),
                    new Work("1 MiB writes, depth 8", new Fio.Job("write", 1024, 8)),
                    new Work("4 KiB random reads, depth 1", new Fio.Job("randread", 4, 1)),
                    new Work("4 KiB random writes, depth 1", new Fio.Job("randwrite", 4, 1)));

    @Override
    public Integer call() throws IOException, InterruptedException {
        long bytes = (long) sizeMib << 20;
        Requirements lacking =
                new Requirements()
                        .root()
                        .programs("fio", "mkfs.ext4", "losetup")
                        .programs(before == null ? new String[] {daemon} : new String[0])
                        .device(Path.of("/dev/fuse"))
                        .device(Path.of("/dev/loop-control"))
                        .builtPrograms()
                        .space(folder, 2 * bytes + SPARE_BYTES);
        if (!lacking.met() || rounds < 1 || seconds < 1 || sizeMib < 256 || wanted().isEmpty()) {
            System.err.println(
                    "disks can't run here: "
                            + (lacking.met()
                                    ? "a number is too small, or no work is called so; see --help"
                                    : lacking));
            return 2;
        }
        try (BenchFolder own = BenchFolder.make(folder)) {
            compare(Distribution.find().orElseThrow(), own.path(), bytes);
            return 0;
        } catch (IOException e) {
            System.err.println("disks: " + e.getMessage());
            return 1;
        }
    }

    private void compare(Distribution built, Path root, long bytes)
            throws IOException, InterruptedException {
        try (OurTarget target =
                        OurTarget.start("target", built, root, Installation.freePort(), bytes);
                MeasuredDisk ours =
                        MeasuredDisk.format(
                                OurDisk.attach(
                                        "lunaria", built, root, target.portal(), target.lun()),
                                root.resolve("mnt-ours"));
                MeasuredDisk peer =
                        MeasuredDisk.format(peer(root, target, bytes), root.resolve("mnt-peer"))) {
            for (MeasuredDisk disk : List.of(ours, peer)) {
                Fio.verify(disk.file(), sizeMib / FILE_SHARE);
                System.out.println(disk.name() + ": fio's checksums are right");
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-32s %14s %14s %6s %6s  %s%n",
                    "work",
                    "ours",
                    peer.name(),
                    "ratio",
                    "rounds",
                    "CPU us/op, median us, ours : " + peer.name());
            for (Work work : wanted()) {
                compare(work, ours, peer);
            }
        }
    }

    private List<Work> wanted() {
        return WORKS.stream()
                .filter(w -> only.isEmpty() || only.stream().anyMatch(w.what()::startsWith))
                .toList();
    }

    private MeasuredDisk.Backing peer(Path root, OurTarget target, long bytes)
            throws IOException, InterruptedException {
        Path other = before;
        return other == null
                ? QemuDisk.attach(
                        daemon, root.resolve("qemu"), target.portal(), target.addLun(bytes))
                : OurDisk.attach(
                        "before",
                        new Distribution(other),
                        root.resolve("before"),
                        target.portal(),
                        target.addLun(bytes));
    }

    /** One disk in one round. */
    private record Round(double iops, double cpuMicros, double medianMicros) {}

    private void compare(Work work, MeasuredDisk ours, MeasuredDisk peer)
            throws IOException, InterruptedException {
        measure(work, ours, Duration.ofSeconds(2));
        measure(work, peer, Duration.ofSeconds(2));
        List<Round> oursRounds = new ArrayList<>();
        List<Round> peerRounds = new ArrayList<>();
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            // Who comes first changes, so that being first is no advantage.
            boolean oursFirst = i % 2 == 0;
            Duration time = Duration.ofSeconds(seconds);
            Round first = measure(work, oursFirst ? ours : peer, time);
            Round second = measure(work, oursFirst ? peer : ours, time);
            oursRounds.add(oursFirst ? first : second);
            peerRounds.add(oursFirst ? second : first);
            ratios[i] = oursRounds.getLast().iops() / peerRounds.getLast().iops();
        }
        System.out.printf(
                Locale.ROOT,
                "%-32s %14s %14s %6.2f %6d  %.1f : %.1f, %.0f : %.0f%n",
                work.what(),
                speed(work, oursRounds),
                speed(work, peerRounds),
                median(ratios),
                rounds,
                median(oursRounds.stream().mapToDouble(Round::cpuMicros).toArray()),
                median(peerRounds.stream().mapToDouble(Round::cpuMicros).toArray()),
                median(oursRounds.stream().mapToDouble(Round::medianMicros).toArray()),
                median(peerRounds.stream().mapToDouble(Round::medianMicros).toArray()));
    }

    private Round measure(Work work, MeasuredDisk disk, Duration time)
            throws IOException, InterruptedException {
        long used = disk.process().cpuMicros();
        Fio.Measured measured = Fio.measure(disk.file(), sizeMib / FILE_SHARE, work.job(), time);
        used = disk.process().cpuMicros() - used;
        return new Round(measured.iops(), used / measured.operations(), measured.medianMicros());
    }

    private static String speed(Work work, List<Round> measured) {
        double iops = median(measured.stream().mapToDouble(Round::iops).toArray());
        return work.job().blockKib() >= 64
                ? String.format(
                        Locale.ROOT, "%,.0f MB/s", iops * work.job().blockKib() * 1024 / 1e6)
                : String.format(Locale.ROOT, "%,.0f IOPS", iops);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
