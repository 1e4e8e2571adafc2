package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.quickstart.CheckFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A pod that appends records to a file and fsyncs each, until it is stopped or fails.
 *
 * <p>Runs on a thread of its own; asked from any. Record n is {@value #RECORD} bytes that derive
 * from n.
 */
public final class PodWriter implements AutoCloseable {
    static final int RECORD = 8192;

    private final Path file;
    private final AtomicLong synced = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private final Thread thread;
    private volatile long lastSynced = System.nanoTime();
    private volatile boolean stopped;
    private volatile @Nullable IOException failure;

    private PodWriter(Path file) {
        this.file = file;
        this.thread = Thread.ofPlatform().daemon().name("pod-writer").unstarted(this::run);
    }

    /** Begins to write a file, which must not be there. */
    public static PodWriter start(Path file) {
        var writer = new PodWriter(file);
        writer.thread.start();
        return writer;
    }

    /** Records that were fsynced. */
    public long synced() {
        return synced.get();
    }

    /** The longest time that one record took. */
    public Duration longestPause() {
        return Duration.ofNanos(longestNanos.get());
    }

    /** Whether no record was fsynced for so long. */
    public boolean isStalledFor(Duration time) {
        return System.nanoTime() - lastSynced > time.toNanos();
    }

    /** Waits until that many more records are fsynced than now. */
    public void awaitMore(long records, Duration patience) throws InterruptedException {
        long wanted = synced() + records;
        long deadline = System.nanoTime() + patience.toNanos();
        while (synced() < wanted) {
            if (failure != null) {
                throw new CheckFailedException("the pod's writes fail: " + failure);
            }
            if (System.nanoTime() > deadline) {
                throw new CheckFailedException(
                        "the pod wrote %d of %d records in %d s"
                                .formatted(synced(), wanted, patience.toSeconds()));
            }
            thread.join(10);
        }
    }

    /** Waits until it fails; returns whether it has. */
    public boolean awaitFailure(Duration patience) throws InterruptedException {
        thread.join(patience.toMillis());
        return failure != null;
    }

    /** Ends it, and says what it failed with, if it has. */
    public @Nullable IOException stop() throws InterruptedException {
        stopped = true;
        thread.join(30_000);
        return failure;
    }

    /** Ends it without waiting for it: it gives up the write that it is in. */
    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
    }

    /** Compares every fsynced record in the file with what was written. */
    public static void verify(Path file, long records) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(RECORD);
        ByteBuffer wanted = ByteBuffer.allocate(RECORD);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (long number = 0; number < records; number++) {
                found.clear();
                while (found.hasRemaining()
                        && channel.read(found, number * RECORD + found.position()) > 0) {}
                fill(wanted, number);
                if (!found.flip().equals(wanted)) {
                    throw new CheckFailedException(
                            "record %d of %d in %s isn't what was fsynced"
                                    .formatted(number, records, file));
                }
            }
        }
    }

    private void run() {
        ByteBuffer record = ByteBuffer.allocate(RECORD);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long number = 0; !stopped; number++) {
                long begin = System.nanoTime();
                fill(record, number);
                while (record.hasRemaining()) {
                    channel.write(record);
                }
                channel.force(false);
                synced.set(number + 1);
                lastSynced = System.nanoTime();
                longestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private static void fill(ByteBuffer record, long number) {
        var random = new SplittableRandom(number);
        record.clear();
        while (record.hasRemaining()) {
            record.putLong(random.nextLong());
        }
        record.flip();
    }
}
