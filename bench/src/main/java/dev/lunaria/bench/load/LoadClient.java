package dev.lunaria.bench.load;

import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.node.disk.session.DiskLoops;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * Sessions of our own initiator at one logical unit, and the load that they make together.
 *
 * <p>Used by one thread at a time, which waits; the sessions share two event loops. Each session
 * has its own part of the disk, so that what is read back has one writer. Buffers are bounded to
 * 256 MiB, sessions to {@link #MAX_SESSIONS}.
 */
public final class LoadClient implements AutoCloseable {
    /** Sessions at once. */
    public static final int MAX_SESSIONS = 256;

    private static final Duration LOGIN = Duration.ofSeconds(30);
    private static final Duration LAST_OPERATIONS = Duration.ofSeconds(60);
    private static final Duration LOGOUT = Duration.ofSeconds(10);

    /** Buffers of all sessions together. */
    private static final long MAX_BUFFER_BYTES = 256L << 20;

    private final DiskLoops loops = new DiskLoops();
    private final List<LoadSession> sessions = new ArrayList<>();
    private final ReadCapacityData unit;

    private LoadClient(LoadAddress address, int count) {
        for (int i = 0; i < count; i++) {
            sessions.add(LoadSession.open(address, i, loops));
        }
        try {
            this.unit =
                    sessions.stream()
                            .map(session -> await(session.online(), LOGIN, "the login"))
                            .toList()
                            .getFirst();
        } catch (LoadFailure e) {
            loops.close();
            throw e;
        }
    }

    /**
     * Logs in.
     *
     * @param sessions how many, 1 to {@link #MAX_SESSIONS}
     * @throws LoadFailure where the target doesn't let us in
     */
    public static LoadClient open(LoadAddress address, int sessions) {
        if (sessions < 1 || sessions > MAX_SESSIONS) {
            throw new LoadFailure("sessions must be 1 to " + MAX_SESSIONS);
        }
        return new LoadClient(address, sessions);
    }

    /** The unit's size in bytes. */
    public long sizeBytes() {
        return unit.bytes();
    }

    /**
     * Runs a work, and measures it once the warm-up is over.
     *
     * @param seed of where it goes and of what it writes
     * @throws LoadFailure where a command failed or bytes came back changed
     */
    public LoadResult run(Work work, Duration warmUp, Duration measured, long seed) {
        long buffers = (long) sessions.size() * work.depth() * work.blockBytes();
        if (buffers > MAX_BUFFER_BYTES) {
            throw new LoadFailure(
                    "that many sessions, operations and bytes need %d MiB of buffers, and %d is the most"
                            .formatted(buffers >> 20, MAX_BUFFER_BYTES >> 20));
        }
        long length = unit.bytes() / sessions.size() / work.blockBytes() * work.blockBytes();
        List<SlotLoad> loads = new ArrayList<>();
        long from = System.nanoTime() + warmUp.toNanos();
        for (int i = 0; i < sessions.size(); i++) {
            SlotLoad.Part part = new SlotLoad.Part(i * length, length, unit.blockBytes());
            SlotLoad load = new SlotLoad(work, part, seed + i);
            load.measureFrom(from);
            load.stopAt(from + measured.toNanos());
            loads.add(load);
        }
        for (int i = 0; i < sessions.size(); i++) {
            sessions.get(i).begin(loads.get(i));
        }
        Duration patience = warmUp.plus(measured).plus(LAST_OPERATIONS);
        return sum(loads.stream().map(load -> await(load.ended(), patience, "the load")).toList());
    }

    /**
     * Runs so many operations of a work in one session, on the beginning of the disk.
     *
     * @param bytes of the disk
     * @throws LoadFailure where a command failed, it took too long, or bytes came back changed
     */
    public LoadResult runOnce(Work work, long bytes, long operations, Duration patience) {
        SlotLoad.Part part = new SlotLoad.Part(0, bytes, unit.blockBytes());
        SlotLoad load = new SlotLoad(work, part, System.nanoTime());
        load.endAfter(operations);
        sessions.getFirst().begin(load);
        return await(load.ended(), patience, "the load");
    }

    private static LoadResult sum(List<LoadResult> parts) {
        Histogram latency = new Histogram(SlotLoad.DIGITS);
        long operations = 0;
        long bytes = 0;
        long verified = 0;
        for (LoadResult part : parts) {
            latency.add(part.latency());
            operations += part.operations();
            bytes += part.bytes();
            verified += part.verified();
        }
        return new LoadResult(operations, bytes, parts.getFirst().seconds(), latency, verified);
    }

    private static <T> T await(CompletableFuture<T> what, Duration patience, String name) {
        try {
            return what.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | CompletionException e) {
            throw e.getCause() instanceof LoadFailure failure
                    ? failure
                    : new LoadFailure(name + ": " + e.getCause());
        } catch (TimeoutException e) {
            throw new LoadFailure(name + " took more than " + patience.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted");
        }
    }

    /** Logs out. */
    @Override
    public void close() {
        List<CompletableFuture<Void>> ended = sessions.stream().map(LoadSession::close).toList();
        try {
            ended.forEach(end -> await(end, LOGOUT, "the logout"));
        } finally {
            loops.close();
        }
    }
}
