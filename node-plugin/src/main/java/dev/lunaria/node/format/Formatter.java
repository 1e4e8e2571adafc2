package dev.lunaria.node.format;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a volume carries the filesystem asked for, and formats it at most once. For
 * platform threads that hold the volume's lock.
 *
 * <p>Only what the target says decides: BLANK is taken (FORMATTING), made, flushed, and marked
 * READY; READY with the filesystem asked for is left as it is; anything else is refused with what
 * was found. What is on the device is never looked at: that nothing was recognised proves nothing.
 */
public final class Formatter {
    private static final Logger log = LoggerFactory.getLogger(Formatter.class);
    private static final Duration FLUSH = Duration.ofSeconds(60);

    /** So long a node waits for another one that formats a filesystem for both. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration POLL = Duration.ofMillis(500);

    private final AttachBackend backend;
    private final KernelCalls kernel;
    private final Supplier<String> cluster;
    private final Duration patience;

    /**
     * A formatter of the backend's disks.
     *
     * @param cluster name of the cluster that shared filesystems are made for
     */
    public Formatter(AttachBackend backend, KernelCalls kernel, Supplier<String> cluster) {
        this(backend, kernel, cluster, PATIENCE);
    }

    /** The same, with another patience. */
    public Formatter(
            AttachBackend backend,
            KernelCalls kernel,
            Supplier<String> cluster,
            Duration patience) {
        this.backend = backend;
        this.kernel = kernel;
        this.cluster = cluster;
        this.patience = patience;
    }

    /**
     * Formats the volume where the target says that it never was written.
     *
     * @param spec with which the disk was attached, to attach it anew
     * @param disk as it is attached
     * @return the disk; another device where it had to be attached anew
     * @throws NodeFailure PRECONDITION where there is something else on it
     */
    public AttachedDisk prepare(AttachSpec spec, AttachedDisk disk, Filesystem filesystem)
            throws IOException {
        return filesystem.isShared()
                ? prepareShared(spec, disk, filesystem)
                : prepare(spec, disk, filesystem, backend.format(spec.volumeId()));
    }

    /**
     * Several nodes may come to a new volume at once: one formats it, the others wait for it, for
     * as long as a stage may take.
     */
    private AttachedDisk prepareShared(AttachSpec spec, AttachedDisk disk, Filesystem filesystem)
            throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        boolean waited = false;
        while (true) {
            FormatState state = backend.format(spec.volumeId());
            try {
                if (!isAnothers(state)) {
                    AttachedDisk ready = prepare(spec, disk, filesystem, state);
                    if (waited) {
                        // What was read from it before was there before it was formatted.
                        flush(ready.device(), true);
                    }
                    return ready;
                }
            } catch (NodeFailure e) {
                if (e.kind() != NodeFailure.Kind.BUSY && !wasFaster(spec.volumeId(), state)) {
                    throw e;
                }
            }
            waited = true;
            if (System.nanoTime() >= deadline) {
                throw new NodeFailure(
                        NodeFailure.Kind.UNAVAILABLE,
                        "another node is formatting the volume with %s and isn't done; repeat"
                                .formatted(filesystem.name()));
            }
            pause();
        }
    }

    private static boolean isAnothers(FormatState state) {
        return state instanceof FormatState.Formatting formatting
                && !formatting.mine()
                && !formatting.ownerFenced();
    }

    /** Whether another node has begun, or is done, since the state was what it was. */
    private boolean wasFaster(String volumeId, FormatState before) {
        FormatState now = backend.format(volumeId);
        return now.generation() != before.generation()
                && (isAnothers(now) || now instanceof FormatState.Ready);
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeFailure(NodeFailure.Kind.UNAVAILABLE, "interrupted; repeat", e);
        }
    }

    private AttachedDisk prepare(
            AttachSpec spec, AttachedDisk disk, Filesystem filesystem, FormatState state)
            throws IOException {
        return switch (state) {
            case FormatState.Ready ready -> {
                requireSame(ready, disk, filesystem);
                yield disk;
            }
            case FormatState.Blank blank -> {
                requireWritable(spec, "was never formatted");
                yield make(spec, disk, blank, filesystem);
            }
            case FormatState.Formatting ours when ours.mine() -> {
                requireWritable(spec, "is half formatted");
                // An attempt of ours died. Its mkfs may still run as an orphan: with its device
                // gone its writes fail, and the target blanks the volume before the next attempt.
                log.atInfo()
                        .addKeyValue("volume", spec.volumeId())
                        .log("an earlier attempt to format died; it begins anew");
                backend.detach(spec.volumeId(), true);
                yield make(spec, backend.attach(spec), ours, filesystem);
            }
            case FormatState.Formatting fenced when fenced.ownerFenced() -> {
                requireWritable(spec, "is half formatted");
                yield make(spec, disk, fenced, filesystem);
            }
            case FormatState.Formatting other ->
                    throw NodeFailure.precondition(
                            ("node %s is formatting the volume with %s; it must finish, or be"
                                            + " unpublished")
                                    .formatted(other.ownerNode(), other.filesystem()));
        };
    }

    /**
     * Sees that a volume may be used as a raw block device: nobody is formatting it.
     *
     * @throws NodeFailure PRECONDITION where somebody is
     */
    public void requireNotFormatting(String volumeId) {
        if (backend.format(volumeId) instanceof FormatState.Formatting formatting) {
            throw NodeFailure.precondition(
                    "node %s began to format the volume with %s; stage it there as a filesystem"
                            .formatted(formatting.ownerNode(), formatting.filesystem()));
        }
    }

    private AttachedDisk make(
            AttachSpec spec, AttachedDisk disk, FormatState from, Filesystem filesystem)
            throws IOException {
        requireRoom(disk, filesystem);
        long started = System.nanoTime();
        FormatState begun =
                backend.beginFormat(spec.volumeId(), from.generation(), filesystem.name());
        if (!(begun instanceof FormatState.Formatting)) {
            throw NodeFailure.precondition(
                    "the target answered FORMATTING with %s; look at its log".formatted(begun));
        }
        Path device = disk.device();
        flush(device, true);
        filesystem.make(device, spec.identity(), cluster);
        flush(device, false);
        backend.finishFormat(spec.volumeId(), begun.generation());
        log.atInfo()
                .addKeyValue("volume", spec.volumeId())
                .addKeyValue("filesystem", filesystem.name())
                .addKeyValue("millis", (System.nanoTime() - started) / 1_000_000)
                .log("formatted");
        return disk;
    }

    /** Writes back the device's page cache, and drops it where the target has just blanked it. */
    private void flush(Path device, boolean drop) throws IOException {
        kernel.run(
                FLUSH,
                "flushing " + device,
                () -> {
                    try (Descriptor file = FileIo.open(device, OpenFlags.O_RDWR, 0)) {
                        FileControl.fsync(file);
                        if (drop) {
                            BlockDevices.flushBuffers(file);
                        }
                    }
                });
    }

    private static void requireWritable(AttachSpec spec, String what) {
        if (spec.readOnly()) {
            throw NodeFailure.precondition(
                    "the volume %s and is to be staged read-only; stage it for writing first"
                            .formatted(what));
        }
    }

    private static void requireRoom(AttachedDisk disk, Filesystem filesystem) {
        if (disk.sizeBytes() < filesystem.minimumBytes()) {
            throw NodeFailure.precondition(
                    "%s needs %d bytes at least, and the volume has %d; expand it, or use ext4"
                            .formatted(
                                    filesystem.name(),
                                    filesystem.minimumBytes(),
                                    disk.sizeBytes()));
        }
    }

    private static void requireSame(FormatState.Ready ready, AttachedDisk disk, Filesystem wanted) {
        if (ready.filesystem().isEmpty()) {
            throw NodeFailure.precondition(
                    ("the volume holds data that was written without a filesystem of ours (%s); %s is"
                                    + " not made over it")
                            .formatted(Signatures.describe(disk.device()), wanted.name()));
        }
        if (!ready.filesystem().equals(wanted.name())) {
            throw NodeFailure.precondition(
                    "the volume holds %s, and %s is asked for"
                            .formatted(ready.filesystem(), wanted.name()));
        }
    }
}
