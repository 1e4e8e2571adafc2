package dev.lunaria.bench.compare;

import dev.lunaria.bench.server.MeasuredServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** libiscsi's {@code iscsi-perf}: random reads. */
record IscsiPerf(int blockBytes, int depth) implements MeasuringClient {
    private static final Pattern AVERAGE = Pattern.compile("iops average (\\d+)");
    private static final int LOGICAL_BLOCK = 512;

    @Override
    public Figure measure(MeasuredServer server, Duration time, double expectedIops)
            throws IOException, InterruptedException {
        List<String> command =
                List.of(
                        "iscsi-perf",
                        "-i",
                        server.address().initiatorName(),
                        "-m",
                        Integer.toString(depth),
                        "-b",
                        Integer.toString(blockBytes / LOGICAL_BLOCK),
                        "-t",
                        Long.toString(Math.max(1, time.toSeconds())),
                        "-r",
                        server.url());
        Matcher average = ForeignProgram.run(command, server.environment(), AVERAGE);
        double iops = Double.parseDouble(average.group(1));
        return new Figure(iops, iops * Math.max(1, time.toSeconds()));
    }
}
