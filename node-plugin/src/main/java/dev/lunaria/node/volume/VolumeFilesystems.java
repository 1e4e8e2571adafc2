package dev.lunaria.node.volume;

import dev.lunaria.linux.MountInfo;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.format.Filesystem;
import dev.lunaria.node.format.Superblock;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.node.mount.MountOptions;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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

    /** Filesystems over the parts that do the work. */
    public VolumeFilesystems(MountPoints mounts, KernelCalls kernel) {
        this.mounts = mounts;
        this.kernel = kernel;
    }

    /** Mounts a volume at its staging path, and grows it where its device is larger. */
    void mount(VolumeRecord record, Usage.Mount usage, AttachedDisk disk) throws IOException {
        Filesystem filesystem = Filesystem.named(usage.filesystem());
        Path device = disk.device();
        if (!record.readOnly()) {
            filesystem.repair(device);
        }
        boolean grows = !isReadOnly(record, usage) && isLargerThanItsFilesystem(disk, filesystem);
        if (grows) {
            filesystem.growBeforeMount(device);
        }
        MountOptions options =
                MountOptions.parse(usage.options())
                        .with(filesystem.mountOptions(), record.readOnly());
        mounts.mount(device, record.stagingPath(), filesystem.name(), options);
        if (grows) {
            filesystem.grow(device, record.stagingPath());
        }
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

    /** Whether the kernel has turned the volume's filesystem read-only because of an error. */
    boolean hasFailed(VolumeRecord record, Usage.Mount usage) throws IOException {
        return mounts.table().at(record.stagingPath()).stream()
                .map(MountInfo::superOptions)
                .anyMatch(options ->
                        options.contains("emergency_ro")
                                || options.contains("shutdown")
                                || (options.contains("ro") && !isReadOnly(record, usage)));
    }

    private static boolean isReadOnly(VolumeRecord record, Usage.Mount usage) {
        return record.readOnly() || MountOptions.parse(usage.options()).readOnly();
    }

    private Optional<Superblock> superblock(Filesystem filesystem, Path device) throws IOException {
        return kernel.within(
                LOOK, "reading the superblock of " + device, () -> filesystem.superblock(device));
    }
}
