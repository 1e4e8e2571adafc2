package dev.lunaria.bench.compare;

import dev.lunaria.bench.server.MeasuredServer;
import java.io.IOException;
import java.time.Duration;

/** A program that loads a server and says how fast it was. Stateless. */
interface MeasuringClient {

    /**
     * Loads the server for about that long.
     *
     * @param expectedIops what an earlier run measured, for a client that must be told a count
     * @throws IOException where it failed, with what it said
     */
    Figure measure(MeasuredServer server, Duration time, double expectedIops)
            throws IOException, InterruptedException;
}
