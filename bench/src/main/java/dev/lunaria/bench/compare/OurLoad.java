package dev.lunaria.bench.compare;

import dev.lunaria.bench.load.LoadClient;
import dev.lunaria.bench.load.LoadFailure;
import dev.lunaria.bench.load.LoadResult;
import dev.lunaria.bench.load.Work;
import dev.lunaria.bench.server.MeasuredServer;
import java.io.IOException;
import java.time.Duration;

/**
 * The load client of this module.
 *
 * @param sessions how many
 */
record OurLoad(Work work, int sessions) implements MeasuringClient {
    private static final long SEED = 1;

    @Override
    public Figure measure(MeasuredServer server, Duration time, double expectedIops)
            throws IOException {
        try (LoadClient client = LoadClient.open(server.address(), sessions)) {
            LoadResult result = client.run(work, Duration.ZERO, time, SEED);
            return new Figure(result.iops(), result.operations());
        } catch (LoadFailure e) {
            throw new IOException(server.name() + ": " + e.getMessage(), e);
        }
    }
}
