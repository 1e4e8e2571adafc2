package dev.lunaria.bench.server;

import dev.lunaria.bench.load.LoadAddress;
import dev.lunaria.bench.load.LoadClient;
import dev.lunaria.bench.load.LoadFailure;
import dev.lunaria.bench.load.LoadResult;
import dev.lunaria.bench.load.Work;
import dev.lunaria.bench.load.Work.Order;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * A target server that is measured, with one logical unit in a sparse file.
 *
 * <p>Used by one thread. A process that we started, and that {@link #close} ends.
 */
public interface MeasuredServer extends AutoCloseable {

    /** As whom all clients come: qemu-img's name, which can't be told another. */
    String INITIATOR = "iqn.2008-11.org.linux-kvm";

    /** For people. */
    String name();

    /** How our own initiator finds the unit. */
    LoadAddress address();

    /** How libiscsi's programs find it; without secrets. */
    String url();

    /**
     * What libiscsi's programs need in their environment: CHAP names and secrets, which a command
     * line would show to everybody.
     */
    default Map<String, String> environment() {
        return Map.of();
    }

    /** The server's process. */
    ProcessUse process();

    @Override
    void close() throws IOException;

    /**
     * Writes the whole unit once, so that its file is in the page cache and has no holes; then
     * looks whether what is written can be read. A server that gives back other bytes is not
     * measured.
     */
    default void fillAndVerify() {
        Duration patience = Duration.ofMinutes(5);
        try (LoadClient client = LoadClient.open(address(), 1)) {
            Work whole = Work.writing(Order.SEQUENTIAL, 1 << 20, 8);
            long bytes = client.sizeBytes();
            client.runOnce(whole, bytes, bytes / whole.blockBytes(), patience);
            Work mixed = new Work(16 << 10, 16, 50, Order.RANDOM, false, true);
            LoadResult result = client.runOnce(mixed, 16 << 20, 8192, patience);
            if (result.verified() == 0) {
                throw new LoadFailure(name() + ": nothing could be compared");
            }
        }
    }
}
