package dev.lunaria.node.volume;

import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls.Hung;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Space and inodes of volumes. For platform threads, as its calls block in the kernel; bounded,
 * also where the disk doesn't answer.
 */
public final class VolumeStats {
    private final VolumeRecords records;
    private final Disks disks;
    private final MountPoints mounts;

    /** Stats over the parts that know. */
    public VolumeStats(VolumeRecords records, Disks disks, MountPoints mounts) {
        this.records = records;
        this.disks = disks;
        this.mounts = mounts;
    }

    /** What there is of a volume. */
    public sealed interface Stats {
        /** Of its filesystem. */
        record OfFilesystem(FileSystemStatus status) implements Stats {}

        /** Of its block device: the size in bytes. */
        record OfDevice(long sizeBytes) implements Stats {}
    }

    /**
     * Asks for a volume's stats.
     *
     * @param path where it is published or staged
     * @throws NodeFailure NOT_FOUND where the volume or the path isn't there, TIMED_OUT where the
     *     disk doesn't answer
     */
    public Stats of(String volumeId, Path path) {
        try {
            VolumeRecord record =
                    records.read(volumeId)
                            .orElseThrow(() -> notFound("the volume isn't staged on this node"));
            Path resolved = mounts.resolve(path);
            List<MountInfo> there = mounts.table().at(resolved);
            boolean known =
                    resolved.equals(record.stagingPath())
                            || record.published().containsKey(resolved);
            if (!known || there.isEmpty()) {
                throw notFound("the volume isn't at " + path);
            }
            return switch (record.usage()) {
                case Usage.Mount _ -> new Stats.OfFilesystem(mounts.status(resolved));
                case Usage.Block _ ->
                        new Stats.OfDevice(
                                disks.find(volumeId)
                                        .map(AttachedDisk::sizeBytes)
                                        .orElseThrow(() -> notFound("the volume has no disk")));
            };
        } catch (Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static NodeFailure notFound(String message) {
        return new NodeFailure(Kind.NOT_FOUND, message);
    }
}
