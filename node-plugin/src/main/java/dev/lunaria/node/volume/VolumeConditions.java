package dev.lunaria.node.volume;

import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls.Hung;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is wrong with volumes on this node, as the kernel and the disk process have it. For platform
 * threads, as its calls block in the kernel; bounded, also where the disk doesn't answer.
 */
public final class VolumeConditions {
    private final VolumeRecords records;
    private final Disks disks;
    private final MountPoints mounts;
    private final StagedVolumes staged;

    /** Conditions over the parts that know. */
    public VolumeConditions(
            VolumeRecords records, Disks disks, MountPoints mounts, StagedVolumes staged) {
        this.records = records;
        this.disks = disks;
        this.mounts = mounts;
        this.staged = staged;
    }

    /**
     * One thing that is wrong.
     *
     * @param message what, and what to do
     */
    public record Condition(Cause cause, String message) {}

    /** What can be wrong. */
    public enum Cause {
        /** The connection is lost; I/O waits for it. */
        TARGET_AWAY("TargetAway"),
        /** The target refuses this node. */
        FENCED("Fenced"),
        /** The disk process has died since. */
        DISK_GONE("DiskGone"),
        /** The kernel has given the filesystem up. */
        FILESYSTEM_FAILED("FilesystemFailed");

        private final String reason;

        Cause(String reason) {
            this.reason = reason;
        }

        /** One word for programs. */
        public String reason() {
            return reason;
        }
    }

    /**
     * Looks at a volume.
     *
     * @param paths where it should be staged or published
     * @return nothing where it is well
     * @throws NodeFailure NOT_FOUND where it isn't on this node, or not at a path
     */
    public List<Condition> of(String volumeId, List<Path> paths) {
        try {
            VolumeRecord record =
                    records.read(volumeId)
                            .orElseThrow(() -> notFound("the volume isn't staged on this node"));
            for (Path path : paths) {
                Path resolved = mounts.resolve(path);
                if (!resolved.equals(record.stagingPath())
                        && !record.published().containsKey(resolved)) {
                    throw notFound("the volume isn't at " + path);
                }
            }
            return look(record, disks.find(volumeId));
        } catch (Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    private List<Condition> look(VolumeRecord record, Optional<AttachedDisk> found)
            throws IOException {
        if (found.isEmpty()) {
            return List.of(gone());
        }
        AttachedDisk disk = found.get();
        return switch (disk.state()) {
            case FENCED ->
                    List.of(
                            new Condition(
                                    Cause.FENCED,
                                    "the target refuses this node, so I/O fails (%s); publish and stage the volume again"
                                            .formatted(disk.message())));
            // Nothing that might wait for the target is asked of the filesystem.
            case RECOVERING ->
                    List.of(
                            new Condition(
                                    Cause.TARGET_AWAY,
                                    "I/O waits until the target is back (%s)"
                                            .formatted(disk.message())));
            case ONLINE -> {
                if (!staged.isStaged(record, disk, record.epoch())) {
                    yield List.of(gone());
                }
                yield staged.hasFailed(record) ? List.of(failed()) : List.of();
            }
        };
    }

    private static Condition gone() {
        return new Condition(
                Cause.DISK_GONE,
                "the block device below the mount is gone, so I/O fails; restart the pods that use the volume");
    }

    private static Condition failed() {
        return new Condition(
                Cause.FILESYSTEM_FAILED,
                "the kernel found errors and gave the filesystem up; stop the pods on this node that use it, then it is checked and mounted anew");
    }

    private static NodeFailure notFound(String message) {
        return new NodeFailure(Kind.NOT_FOUND, message);
    }
}
