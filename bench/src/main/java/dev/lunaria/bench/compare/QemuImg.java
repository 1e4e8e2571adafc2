package dev.lunaria.bench.compare;

import dev.lunaria.bench.server.MeasuredServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code qemu-img bench}: strided, and so many operations instead of so much time.
 *
 * @param writes whether it writes
 */
record QemuImg(boolean writes, int blockBytes, int depth) implements MeasuringClient {
    private static final Pattern SECONDS = Pattern.compile("completed in ([0-9.]+) seconds");

    /** Of the stride: odd in blocks, so that it comes by every block before it begins again. */
    private static final int STRIDE_BLOCKS = 17;

    private static final int FEWEST = 1000;

    @Override
    public Figure measure(MeasuredServer server, Duration time, double expectedIops)
            throws IOException, InterruptedException {
        long count = Math.max(FEWEST, Math.round(expectedIops * time.toMillis() / 1000));
        List<String> command =
                new ArrayList<>(List.of("qemu-img", "bench", "-f", "raw", "-t", "none"));
        command.addAll(List.of("-c", Long.toString(count), "-d", Integer.toString(depth)));
        command.addAll(List.of("-s", Integer.toString(blockBytes)));
        command.addAll(List.of("-S", Integer.toString(blockBytes * STRIDE_BLOCKS)));
        if (writes) {
            command.add("-w");
        }
        command.add(server.url());
        Matcher took = ForeignProgram.run(command, server.environment(), SECONDS);
        return new Figure(count / Double.parseDouble(took.group(1)), count);
    }
}
