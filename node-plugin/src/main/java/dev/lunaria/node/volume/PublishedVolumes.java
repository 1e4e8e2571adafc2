package dev.lunaria.node.volume;

import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.mount.MountPoints;
import dev.lunaria.service.csi.PublishContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Staged volumes made visible at pods' paths by bind mounts. For platform threads, as its calls
 * block in the kernel; one operation at a time on each volume.
 */
public final class PublishedVolumes {
    private static final Logger log = LoggerFactory.getLogger(PublishedVolumes.class);

    private final VolumeLocks locks;
    private final VolumeRecords records;
    private final Disks disks;
    private final MountPoints mounts;
    private final StagedVolumes staged;

    /** Published volumes over the parts that do the work. */
    public PublishedVolumes(
            VolumeLocks locks,
            VolumeRecords records,
            Disks disks,
            MountPoints mounts,
            StagedVolumes staged) {
        this.locks = locks;
        this.records = records;
        this.disks = disks;
        this.mounts = mounts;
        this.staged = staged;
    }

    /**
     * Makes a staged volume visible at a path. A volume whose disk has died since is staged anew.
     *
     * @throws NodeFailure PRECONDITION where it isn't staged, or may have one path only and has
     *     another; DIFFERENT where it is published there otherwise
     */
    public void publish(PublishRequest request) {
        locks.run(request.volumeId(), "publishing", () -> publishLocked(request));
    }

    /** Removes a volume from a path, and the path; nothing where it isn't there. */
    public void unpublish(String volumeId, Path targetPath) {
        locks.run(
                volumeId,
                "unpublishing",
                () -> {
                    Path target = mounts.resolve(targetPath);
                    Optional<VolumeRecord> record = records.read(volumeId);
                    if (record.isPresent() && record.get().stagingPath().equals(target)) {
                        throw NodeFailure.invalid(
                                target + " is the staging path; call NodeUnstageVolume");
                    }
                    mounts.unmountAll(target);
                    mounts.removeEmpty(target);
                    if (record.isPresent() && record.get().published().containsKey(target)) {
                        records.write(record.get().withoutPublished(target));
                    }
                });
    }

    private void publishLocked(PublishRequest request) throws IOException {
        Path target = mounts.resolve(request.targetPath());
        VolumeRecord record = requireStaged(request);
        AttachedDisk disk = working(record, request);
        record = records.read(request.volumeId()).orElse(record);
        if (staged.hasFailed(record)) {
            throw NodeFailure.precondition(
                    "the kernel found errors in the volume's filesystem and turned it read-only; stop the"
                            + " pods on this node that use it, then it is repaired and mounted anew");
        }
        requireOnePath(record, target, disk);
        boolean readOnly = request.readOnly() || record.readOnly();
        if (readOnly && !record.readOnly() && record.usage() instanceof Usage.Block) {
            // A read-only mount of a device's node keeps nobody from writing to the device.
            throw NodeFailure.precondition(
                    "a raw block device that is staged for writing can't be read-only at one path;"
                            + " publish the volume with an access mode that only reads");
        }
        List<MountInfo> there = mounts.table().at(target);
        if (there.isEmpty()) {
            records.write(record.withPublished(target, readOnly));
            bind(record, disk, target);
        } else {
            requireVolume(record, there.getLast(), disk, target);
            Boolean intended = record.published().get(target);
            if (intended != null && intended != readOnly) {
                throw new NodeFailure(
                        Kind.DIFFERENT,
                        "the volume is published at %s %s already"
                                .formatted(target, intended ? "read-only" : "for writing"));
            }
            if (intended == null) {
                records.write(record.withPublished(target, readOnly));
            }
        }
        if (readOnly && !isReadOnlyAt(target)) {
            // Also finishes what died between the bind mount and its turning read-only.
            mounts.makeReadOnly(target);
        }
    }

    private VolumeRecord requireStaged(PublishRequest request) throws IOException {
        VolumeRecord record =
                records.read(request.volumeId())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "the volume isn't staged on this node; call"
                                                + " NodeStageVolume first"));
        Path stagingPath = mounts.resolve(request.stagingPath());
        if (!record.stagingPath().equals(stagingPath)) {
            throw NodeFailure.precondition(
                    "the volume is staged at %s, not at %s"
                            .formatted(record.stagingPath(), stagingPath));
        }
        if (record.usage().getClass() != request.usage().getClass()) {
            throw NodeFailure.precondition("the volume is staged as " + record.usage());
        }
        return record;
    }

    /** The volume's working disk; where it died, the volume is staged anew from the context. */
    private AttachedDisk working(VolumeRecord record, PublishRequest request) throws IOException {
        Optional<AttachedDisk> disk = disks.find(record.volumeId());
        if (disk.isPresent() && staged.isStaged(record, disk.get(), record.epoch())) {
            return disk.get();
        }
        PublishContext context =
                request.context()
                        .filter(c -> c.epoch() == record.epoch())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "the volume's disk is gone; call NodeStageVolume"
                                                + " again"));
        log.atWarn().log("the volume's disk is gone; it is staged anew");
        staged.stageLocked(
                new StageRequest(
                        record.volumeId(),
                        context,
                        record.stagingPath(),
                        record.usage(),
                        record.readOnly(),
                        record.onePath()));
        return disks.find(record.volumeId())
                .orElseThrow(
                        () -> new NodeFailure(Kind.UNAVAILABLE, "the disk is gone again; repeat"));
    }

    private void bind(VolumeRecord record, AttachedDisk disk, Path target) throws IOException {
        switch (record.usage()) {
            case Usage.Mount _ -> {
                mounts.makeFolder(target);
                mounts.bind(record.stagingPath(), target);
            }
            case Usage.Block _ -> {
                mounts.makeFile(target);
                mounts.bind(disk.device(), target);
            }
        }
    }

    private void requireOnePath(VolumeRecord record, Path target, AttachedDisk disk)
            throws IOException {
        if (!record.onePath()) {
            return;
        }
        MountTable table = mounts.table();
        Set<Path> others =
                record.published().keySet().stream()
                        .filter(path -> !path.equals(target))
                        .filter(path -> isVolumeAt(table, path, record, disk))
                        .collect(Collectors.toSet());
        if (!others.isEmpty()) {
            throw NodeFailure.precondition(
                    "the volume's access mode allows one path, and it is published at " + others);
        }
    }

    private void requireVolume(VolumeRecord record, MountInfo mount, AttachedDisk disk, Path target)
            throws IOException {
        if (!isVolumeAt(mounts.table(), target, record, disk)) {
            throw NodeFailure.precondition(
                    "something else is mounted at %s: %s (%s); unmount it first"
                            .formatted(target, mount.source(), mount.type()));
        }
    }

    private static boolean isVolumeAt(
            MountTable table, Path path, VolumeRecord record, AttachedDisk disk) {
        return switch (record.usage()) {
            case Usage.Block _ -> isDeviceAt(table, path, disk.device());
            case Usage.Mount _ -> {
                List<MountInfo> stagedMounts = table.at(record.stagingPath());
                if (stagedMounts.isEmpty()) {
                    yield false;
                }
                DeviceNumber device = stagedMounts.getLast().device();
                yield table.at(path).stream().anyMatch(m -> m.device().equals(device));
            }
        };
    }

    /** Whether a device's node is bound at a path: its name is then the mount's root. */
    static boolean isDeviceAt(MountTable table, Path path, Path device) {
        return table.at(path).stream()
                .anyMatch(mount -> mount.root().equals("/" + device.getFileName()));
    }

    private boolean isReadOnlyAt(Path path) throws IOException {
        List<MountInfo> there = mounts.table().at(path);
        return !there.isEmpty() && there.getLast().isReadOnly();
    }
}
