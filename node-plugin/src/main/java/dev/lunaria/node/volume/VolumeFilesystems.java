package dev.lunaria.node.volume;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.cluster.ClusterTimeouts;
import dev.lunaria.node.cluster.SharedCluster;
import dev.lunaria.node.cluster.SharedFilesystems;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.format.Filesystem;
import dev.lunaria.node.format.Signatures;
import dev.lunaria.node.format.Superblock;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.node.mount.MountOptions;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filesystems of volumes: made fit for a mount, mounted, grown, looked at. For platform
 * threads, as its calls block in the kernel; callers hold the volume's lock.
 */
public final class VolumeFilesystems {
    private static final Logger log = LoggerFactory.getLogger(VolumeFilesystems.class);
    private static final Duration LOOK = Duration.ofSeconds(30);

    private final MountPoints mounts;
    private final KernelCalls kernel;
    private final SharedFilesystems shared;

    /** Filesystems over the parts that do the work. */
    public VolumeFilesystems(MountPoints mounts, KernelCalls kernel, SharedFilesystems shared) {
        this.mounts = mounts;
        this.kernel = kernel;
        this.shared = shared;
    }

    /**
     * Sees that this node can mount a filesystem, before anything is attached for it.
     *
     * @throws NodeFailure PRECONDITION or UNAVAILABLE, where it is shared and this node no member
     */
    void requireMountable(Usage usage) {
        switch (usage) {
            case Usage.Block _ -> {}
            case Usage.Mount mount -> {
                if (Filesystem.named(mount.filesystem()).isShared()) {
                    shared.require();
                }
            }
        }
    }

    /**
     * Repairs a volume's filesystem where that is needed, and gives that of a copy its own UUID.
     *
     * @return the disk
     */
    AttachedDisk makeFit(VolumeRecord record, Usage.Mount usage, AttachedDisk disk)
            throws IOException {
        Filesystem filesystem = Filesystem.named(usage.filesystem());
        if (!record.readOnly()) {
            filesystem.repair(disk.device());
        }
        // Of a volume that is only read, what this writes stays on this node.
        claim(record, usage, filesystem, disk);
        return disk;
    }

    /**
     * Mounts a volume at its staging path, and grows it where its device is larger.
     *
     * @return the disk
     */
    AttachedDisk mount(VolumeRecord record, Usage.Mount usage, AttachedDisk disk)
            throws IOException {
        Filesystem filesystem = Filesystem.named(usage.filesystem());
        Path device = disk.device();
        boolean grows = !isReadOnly(record, usage) && isLargerThanItsFilesystem(disk, filesystem);
        if (grows) {
            filesystem.growBeforeMount(device);
        }
        MountOptions options = options(usage).with(filesystem.mountOptions(), record.readOnly());
        if (filesystem.isShared()) {
            mountShared(disk, record.stagingPath(), filesystem, options);
        } else {
            mount(device, record.stagingPath(), filesystem, options);
        }
        if (grows) {
            filesystem.grow(device, record.stagingPath());
        }
        return disk;
    }

    /** Grows what is mounted, where a stage was killed before it did; what can't be is logged. */
    void growLate(VolumeRecord record, Usage.Mount usage, AttachedDisk disk) throws IOException {
        Filesystem filesystem = Filesystem.named(usage.filesystem());
        if (isReadOnly(record, usage) || !isLargerThanItsFilesystem(disk, filesystem)) {
            return;
        }
        try {
            filesystem.grow(disk.device(), record.stagingPath());
        } catch (NodeFailure e) {
            log.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("the filesystem stays smaller than its device until it is staged anew");
        }
    }

    private void mount(Path device, Path path, Filesystem filesystem, MountOptions options)
            throws IOException {
        try {
            mounts.mount(device, path, filesystem.name(), options);
        } catch (LinuxException e) {
            throw explained(e, filesystem, device);
        }
    }

    /** A heartbeat that was started for a mount that failed ends with the disk. */
    private void mountShared(
            AttachedDisk disk, Path path, Filesystem filesystem, MountOptions options)
            throws IOException {
        Path device = disk.device();
        shared.startHeartbeat(device, disk.identity());
        try {
            mounts.mount(device, path, filesystem.name(), options, ClusterTimeouts.MOUNT);
        } catch (LinuxException e) {
            NodeFailure why = SharedCluster.explained(e, device);
            if (why != null) {
                throw why;
            }
            throw explained(e, filesystem, device);
        }
    }

    /** Gives the filesystem of a copy its own UUID, after its journal if need be. */
    private void claim(
            VolumeRecord record, Usage.Mount usage, Filesystem filesystem, AttachedDisk disk)
            throws IOException {
        Path device = disk.device();
        Optional<String> replay = filesystem.claim(device, disk.identity());
        if (replay.isEmpty()) {
            return;
        }
        // Killed in between, it is found there read-only and so taken for failed; or, of a volume
        // that is only read, for what was asked for.
        Path stagingPath = record.stagingPath();
        mount(device, stagingPath, filesystem, options(usage).with(replay.get(), true));
        mounts.unmountAll(stagingPath);
        if (filesystem.claim(device, disk.identity()).isPresent()) {
            throw NodeFailure.precondition(
                    "the journal of the %s on %s stays dirty after a mount; check it by hand"
                            .formatted(filesystem.name(), device));
        }
    }

    /** What the kernel says no to, with what its checker says of it or what else is there. */
    private IOException explained(LinuxException refusal, Filesystem filesystem, Path device)
            throws IOException {
        String name = filesystem.name();
        String why =
                switch (refusal.errno()) {
                    case Errno.ENODEV ->
                            "this node's kernel has no %s; load its module".formatted(name);
                    case Errno.EUCLEAN, Errno.EBADMSG, Errno.EINVAL ->
                            superblock(filesystem, device).isPresent()
                                    ? "the %s on %s can't be mounted (%s); repair it by hand: %s"
                                            .formatted(
                                                    name,
                                                    device,
                                                    refusal.getMessage(),
                                                    filesystem.diagnose(device))
                                    : "there is no %s on %s any more, with which the volume was formatted; found there: %s"
                                            .formatted(name, device, Signatures.describe(device));
                    default -> "";
                };
        if (why.isEmpty()) {
            return refusal;
        }
        throw new NodeFailure(Kind.PRECONDITION, why, refusal);
    }

    private boolean isLargerThanItsFilesystem(AttachedDisk disk, Filesystem filesystem)
            throws IOException {
        long bytes =
                superblock(filesystem, disk.device())
                        .map(Superblock::sizeBytes)
                        .orElse(disk.sizeBytes());
        if (bytes < disk.sizeBytes()) {
            log.atInfo()
                    .addKeyValue("filesystem", filesystem.name())
                    .addKeyValue("bytes", bytes)
                    .addKeyValue("device", disk.sizeBytes())
                    .log("the device is larger than its filesystem, which grows");
        }
        return bytes < disk.sizeBytes();
    }

    /** Grows a volume's filesystem to its device's size; nothing where it is read-only. */
    void grow(VolumeRecord record, Usage.Mount usage, AttachedDisk disk) {
        if (!isReadOnly(record, usage)) {
            Filesystem.named(usage.filesystem()).grow(disk.device(), record.stagingPath());
        }
    }

    /** Whether the kernel has given the volume's filesystem up because of an error. */
    boolean hasFailed(VolumeRecord record, Usage.Mount usage) throws IOException {
        boolean readOnly = isReadOnly(record, usage);
        List<MountInfo> staged = mounts.table().at(record.stagingPath());
        boolean said =
                staged.stream()
                        .map(MountInfo::superOptions)
                        .anyMatch(options ->
                                options.contains("emergency_ro")
                                        || options.contains("shutdown")
                                        || (options.contains("ro") && !readOnly));
        return said
                || (!staged.isEmpty()
                        && Filesystem.named(usage.filesystem()).failsUnsaid()
                        && !mounts.isReadable(record.stagingPath()));
    }

    private static MountOptions options(Usage.Mount usage) {
        Filesystem filesystem = Filesystem.named(usage.filesystem());
        return MountOptions.parse(usage.options(), filesystem.allowedOptions());
    }

    private static boolean isReadOnly(VolumeRecord record, Usage.Mount usage) {
        return record.readOnly() || options(usage).readOnly();
    }

    private Optional<Superblock> superblock(Filesystem filesystem, Path device) throws IOException {
        return kernel.within(
                LOOK, "reading the superblock of " + device, () -> filesystem.superblock(device));
    }
}
