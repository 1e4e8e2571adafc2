package dev.lunaria.bench.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs fio on a file, past the page cache. Stateless. */
final class Fio {
    private Fio() {}

    /**
     * What fio does.
     *
     * @param pattern its {@code --rw}
     * @param blockKib of each operation
     * @param depth operations at once
     */
    record Job(String pattern, int blockKib, int depth) {
        boolean reads() {
            return pattern.endsWith("read");
        }
    }

    /**
     * What it measured.
     *
     * @param iops operations a second
     * @param operations in all
     * @param medianMicros latency that half of them stayed below
     */
    record Measured(double iops, double operations, double medianMicros) {}

    /** Writes the whole file in random order, then reads it back and compares checksums. */
    static void verify(Path file, int sizeMib) throws IOException, InterruptedException {
        List<String> command = command(file, sizeMib, new Job("randwrite", 16, 16));
        command.addAll(List.of("--verify=crc32c", "--verify_fatal=1", "--verify_state_save=0"));
        MeasuredDisk.run(command);
    }

    static Measured measure(Path file, int sizeMib, Job job, Duration time)
            throws IOException, InterruptedException {
        List<String> command = command(file, sizeMib, job);
        command.addAll(
                List.of("--time_based", "--runtime=" + time.toSeconds(), "--output-format=json"));
        String output = MeasuredDisk.run(command);
        JsonNode results =
                JsonMapper.shared()
                        .readTree(output.substring(output.indexOf('{')))
                        .path("jobs")
                        .path(0)
                        .path(job.reads() ? "read" : "write");
        return new Measured(
                results.path("iops").asDouble(),
                results.path("total_ios").asDouble(),
                results.path("clat_ns").path("percentile").path("50.000000").asDouble() / 1e3);
    }

    private static List<String> command(Path file, int sizeMib, Job job) {
        return new ArrayList<>(
                List.of(
                        "fio",
                        "--name=bench",
                        "--filename=" + file,
                        "--size=" + sizeMib + "m",
                        "--rw=" + job.pattern(),
                        "--bs=" + job.blockKib() + "k",
                        "--iodepth=" + job.depth(),
                        "--ioengine=libaio",
                        "--direct=1",
                        "--randrepeat=1"));
    }
}
