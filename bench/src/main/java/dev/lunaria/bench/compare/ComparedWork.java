package dev.lunaria.bench.compare;

import dev.lunaria.bench.load.Work;
import dev.lunaria.bench.load.Work.Order;
import java.util.List;
import java.util.Map;

/**
 * One line of the comparison. Immutable.
 *
 * @param name short, for {@code --only}
 * @param what it does, for people
 * @param blockBytes of each operation
 * @param client who loads and measures
 */
record ComparedWork(String name, String what, int blockBytes, MeasuringClient client) {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** From this size on throughput is what counts, not operations. */
    private static final int LARGE = 64 * KIB;

    boolean isLarge() {
        return blockBytes >= LARGE;
    }

    /** All, in the order of the table. */
    static List<ComparedWork> all() {
        return List.of(
                ours("read-4k", "4 KiB random reads, depth 32", read(Order.RANDOM, 4 * KIB, 32), 1),
                ours(
                        "write-4k",
                        "4 KiB random writes, depth 32",
                        write(Order.RANDOM, 4 * KIB, 32),
                        1),
                ours("read-4k-1", "4 KiB reads, depth 1", read(Order.RANDOM, 4 * KIB, 1), 1),
                ours("read-256k", "256 KiB reads, depth 8", sequentialRead(256 * KIB), 1),
                ours("write-256k", "256 KiB writes, depth 8", sequentialWrite(256 * KIB), 1),
                ours("read-1m", "1 MiB reads, depth 8", sequentialRead(MIB), 1),
                ours("write-1m", "1 MiB writes, depth 8", sequentialWrite(MIB), 1),
                ours(
                        "read-4k-8x16",
                        "4 KiB random reads, 8 sessions x 16",
                        read(Order.RANDOM, 4 * KIB, 16),
                        8),
                ours(
                        "write-4k-flushed",
                        "4 KiB random writes, each flushed, depth 8",
                        write(Order.RANDOM, 4 * KIB, 8).withFlushes(),
                        1),
                new ComparedWork(
                        "qemu-read-4k",
                        "qemu-img bench: 4 KiB reads, depth 32",
                        4 * KIB,
                        new QemuImg(false, 4 * KIB, 32)),
                new ComparedWork(
                        "qemu-write-4k",
                        "qemu-img bench: 4 KiB writes, depth 32",
                        4 * KIB,
                        new QemuImg(true, 4 * KIB, 32)),
                new ComparedWork(
                        "qemu-read-1m",
                        "qemu-img bench: 1 MiB reads, depth 8",
                        MIB,
                        new QemuImg(false, MIB, 8)),
                new ComparedWork(
                        "qemu-write-1m",
                        "qemu-img bench: 1 MiB writes, depth 8",
                        MIB,
                        new QemuImg(true, MIB, 8)),
                new ComparedWork(
                        "perf-read-4k",
                        "iscsi-perf: 4 KiB random reads, depth 32",
                        4 * KIB,
                        new IscsiPerf(4 * KIB, 32)));
    }

    /**
     * What the peer did when it was last looked at; qemu-img must be told how many, not how long.
     */
    private static final Map<String, Double> PEER_IOPS =
            Map.of("qemu-read-1m", 1200.0, "qemu-write-1m", 600.0);

    double expectedIops() {
        return PEER_IOPS.getOrDefault(name, 30_000.0);
    }

    private static ComparedWork ours(String name, String what, Work work, int sessions) {
        return new ComparedWork(name, what, work.blockBytes(), new OurLoad(work, sessions));
    }

    private static Work read(Order order, int bytes, int depth) {
        return Work.reading(order, bytes, depth);
    }

    private static Work write(Order order, int bytes, int depth) {
        return Work.writing(order, bytes, depth);
    }

    private static Work sequentialRead(int bytes) {
        return Work.reading(Order.SEQUENTIAL, bytes, 8);
    }

    private static Work sequentialWrite(int bytes) {
        return Work.writing(Order.SEQUENTIAL, bytes, 8);
    }
}
