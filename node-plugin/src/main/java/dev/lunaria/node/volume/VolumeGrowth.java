package dev.lunaria.node.volume;

import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes volumes as large on this node as they are at the target, while pods use them. For platform
 * threads, as its calls block in the kernel; one operation at a time on each volume.
 *
 * <p>Nothing is remembered: the target is asked for the size, and device and filesystem are made as
 * large as that, so that a call may be repeated after any crash.
 */
public final class VolumeGrowth {
    private static final Logger log = LoggerFactory.getLogger(VolumeGrowth.class);

    private final VolumeLocks locks;
    private final VolumeRecords records;
    private final Disks disks;
    private final MountPoints mounts;
    private final StagedVolumes staged;
    private final VolumeFilesystems filesystems;

    /** Growth over the parts that do the work. */
    public VolumeGrowth(
            VolumeLocks locks,
            VolumeRecords records,
            Disks disks,
            MountPoints mounts,
            StagedVolumes staged,
            VolumeFilesystems filesystems) {
        this.locks = locks;
        this.records = records;
        this.disks = disks;
        this.mounts = mounts;
        this.staged = staged;
        this.filesystems = filesystems;
    }

    /**
     * Grows a volume's device, and its filesystem where it has one that is mounted for writing.
     *
     * @return the device's size in bytes
     * @throws NodeFailure NOT_FOUND where the volume isn't at that path; OUT_OF_RANGE where it is
     *     smaller or larger at the target than asked for; PRECONDITION where it must be staged anew
     */
    public long expand(ExpandRequest request) {
        return locks.locked(request.volumeId(), "expanding", () -> expandLocked(request));
    }

    private long expandLocked(ExpandRequest request) throws IOException {
        VolumeRecord record = require(request);
        AttachedDisk before =
                disks.find(record.volumeId())
                        .filter(Disks::isAlive)
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "the volume's disk is gone; stage the volume again"));
        if (!staged.isStaged(record, before, record.epoch()) || staged.hasFailed(record)) {
            throw NodeFailure.precondition(
                    "the volume's mount has failed; stop the pods that use it, then it is staged"
                            + " anew and grows");
        }
        AttachedDisk disk = disks.refreshSize(record.volumeId());
        requireRange(request, disk.sizeBytes());
        switch (record.usage()) {
            case Usage.Block _ -> {}
            case Usage.Mount mount -> filesystems.grow(record, mount, disk);
        }
        log.atInfo()
                .addKeyValue("before", before.sizeBytes())
                .addKeyValue("bytes", disk.sizeBytes())
                .log("expanded");
        return disk.sizeBytes();
    }

    private VolumeRecord require(ExpandRequest request) throws IOException {
        VolumeRecord record =
                records.read(request.volumeId())
                        .orElseThrow(() -> notFound("the volume isn't staged on this node"));
        Path path = mounts.resolve(request.path());
        if (!path.equals(record.stagingPath()) && !record.published().containsKey(path)) {
            throw notFound("the volume isn't at " + request.path());
        }
        return record;
    }

    private static void requireRange(ExpandRequest request, long bytes) {
        if (bytes < request.requiredBytes()) {
            throw new NodeFailure(
                    Kind.OUT_OF_RANGE,
                    ("the volume has %d bytes at the target, and %d are asked for; call"
                                    + " ControllerExpandVolume first")
                            .formatted(bytes, request.requiredBytes()));
        }
        if (request.limitBytes() > 0 && bytes > request.limitBytes()) {
            throw new NodeFailure(
                    Kind.OUT_OF_RANGE,
                    "the volume has %d bytes at the target, more than the limit of %d; it can't shrink"
                            .formatted(bytes, request.limitBytes()));
        }
    }

    private static NodeFailure notFound(String message) {
        return new NodeFailure(Kind.NOT_FOUND, message);
    }
}
