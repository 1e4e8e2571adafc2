package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * A pool on a small filesystem of its own that gets full under writing pods: space that returns
 * within the minute costs nothing, after that the pod hears ENOSPC. Used by one thread.
 */
final class FullPool {
    private static final long POOL_BYTES = 160L << 20;
    private static final long VOLUME_BYTES = 512L << 20;
    private static final long SMALL_BYTES = 32L << 20;

    /** What a target server keeps of a filesystem of this size for its catalog. */
    private static final long RESERVED_BYTES = POOL_BYTES / 16;

    /** What is left for the pod to write. */
    private static final long LEFT_BYTES = 3 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Longer than a full target answers BUSY (60 s), with the initiator's pauses. */
    private static final Duration UNTIL_ENOSPC = Duration.ofMinutes(2);

    private static final Duration STALL = Duration.ofSeconds(3);
    private static final long FULL_BYTES = RESERVED_BYTES + (1 << 20);

    private final Tally tally;
    private final Deaths.Installing installing;

    FullPool(Tally tally, Deaths.Installing installing) {
        this.tally = tally;
        this.installing = installing;
    }

    /** Carries out its rows, on an installation of their own. */
    void run() throws Exception {
        tally.headline("The pool's filesystem gets full under a pod that writes and fsyncs");
        WatchedInstallation watched =
                installing.other(FullPool::mountSmall, List.of("--reserve-mib", "4"));
        try {
            Path ballast = watched.installation().layout().pool().resolve("lock-ballast");
            tally.row(
                    "space returns within the minute: the pod waits and goes on",
                    () -> returns(watched, ballast));
            tally.row(
                    "a full pool lets go: a node is granted and fenced, volumes are deleted",
                    () -> letsGo(watched, ballast));
            tally.row(
                    "space does not return: the pod hears it, and nothing fsynced is lost",
                    () -> staysFull(watched, ballast));
        } finally {
            installing.anew();
        }
    }

    /** The pool is a filesystem of its own: mounted before the installation makes a pool of it. */
    private static void mountSmall(Layout layout) throws IOException, InterruptedException {
        Path image = layout.root().resolve("pool.img");
        Files.createDirectories(layout.pool());
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(POOL_BYTES);
        }
        run("mkfs.ext4", "-q", "-m", "0", image.toString());
        run("mount", "-o", "loop", image.toString(), layout.pool().toString());
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        check(process.waitFor() == 0, command[0] + ": " + out);
    }

    private String returns(WatchedInstallation watched, Path ballast) throws Exception {
        NodeHost host = watched.host(0);
        PodVolume volume = PodVolume.create(watched.orchestrator(), "waits", VOLUME_BYTES);
        Path file = volume.start(host).resolve("records");
        fillUp(ballast);
        try (PodWriter writer = PodWriter.start(file)) {
            awaitFull(ballast, writer);
            long synced = writer.synced();
            Files.delete(ballast);
            writer.awaitMore(200, PATIENCE);
            IOException failure = writer.stop();
            check(failure == null, "the pod's writes failed: " + failure);
            PodWriter.verify(file, writer.synced());
            volume.stop(host);
            volume.delete();
            return "full after %d records; %d in the end, the longest pause %d ms; nothing was remounted"
                    .formatted(synced, writer.synced(), writer.longestPause().toMillis());
        }
    }

    private String staysFull(WatchedInstallation watched, Path ballast) throws Exception {
        NodeHost host = watched.host(0);
        PodVolume volume = PodVolume.create(watched.orchestrator(), "full", VOLUME_BYTES);
        Path file = volume.start(host).resolve("records");
        fillUp(ballast);
        try (PodWriter writer = PodWriter.start(file)) {
            awaitFull(ballast, writer);
            long full = System.nanoTime();
            check(writer.awaitFailure(UNTIL_ENOSPC), "the pod waits for space without limit");
            Duration waited = Duration.ofNanos(System.nanoTime() - full).plus(STALL);
            IOException failure = writer.stop();
            Files.delete(ballast);
            // As docs/operations/full-pool.md has it: stop the pod, stage again.
            volume.unpublish(host);
            watched.orchestrator().unstage(volume.volume(), host);
            PodWriter.verify(volume.start(host).resolve("records"), writer.synced());
            volume.stop(host);
            volume.delete();
            return "after about %d s the pod got \"%s\"; all %d records that it had fsynced are there"
                    .formatted(
                            waited.toSeconds(),
                            failure == null ? "" : failure.getMessage(),
                            writer.synced());
        }
    }

    /**
     * To grant, to fence and to delete, the catalog needs little space: it must be there when
     * volumes have taken all else.
     */
    private String letsGo(WatchedInstallation watched, Path ballast) throws Exception {
        Orchestrator orchestrator = watched.orchestrator();
        PodVolume there = PodVolume.create(orchestrator, "there", SMALL_BYTES);
        there.start(watched.host(0));
        there.stop(watched.host(0));
        PodVolume unused = PodVolume.create(orchestrator, "unused", SMALL_BYTES);
        PodVolume volume = PodVolume.create(watched.orchestrator(), "eats", VOLUME_BYTES);
        Path file = volume.start(watched.host(0)).resolve("records");
        fillUp(ballast);
        try (PodWriter writer = PodWriter.start(file)) {
            awaitFull(ballast, writer);

            var _ = orchestrator.controllerPublish(there.volume(), watched.host(1));
            orchestrator.controllerUnpublish(there.volume(), watched.host(1));
            there.delete();
            unused.delete();

            Files.delete(ballast);
            writer.awaitMore(20, PATIENCE);
            IOException failure = writer.stop();
            check(failure == null, "the pod that waited for space failed: " + failure);
            volume.stop(watched.host(0));
            volume.delete();
            return "";
        }
    }

    /** Takes space away, so that the pod needs more than is left. */
    private static void fillUp(Path ballast) throws IOException {
        Files.deleteIfExists(ballast);
        Files.createFile(ballast);
        FileStore pool = Files.getFileStore(ballast);
        try (FileChannel channel = FileChannel.open(ballast, StandardOpenOption.WRITE)) {
            while (pool.getUsableSpace() > RESERVED_BYTES + LEFT_BYTES) {
                channel.write(ByteBuffer.allocate(1 << 20));
                channel.force(true);
            }
        }
    }

    private static void awaitFull(Path ballast, PodWriter writer) throws Exception {
        FileStore pool = Files.getFileStore(ballast);
        String going =
                Awaiting.empty(
                        PATIENCE,
                        () ->
                                pool.getUsableSpace() < FULL_BYTES && writer.isStalledFor(STALL)
                                        ? ""
                                        : pool.getUsableSpace() + " bytes are free");
        check(going.isEmpty(), "the pool doesn't get full: " + going);
    }
}
