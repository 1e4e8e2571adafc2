package dev.lunaria.node.volume;

import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.mount.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts of a volume that must go: their disk is dead, fenced, or of an older epoch. For any
 * thread; callers hold the volume's lock.
 *
 * <p>A mount is taken for the volume's only where the volume's own paths lead to it: what is
 * mounted at its staging path or at a path where it was published, and other mounts of the same
 * filesystem. A device's name alone proves nothing: loop devices are used again.
 */
final class Leftovers {
    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    private final MountPoints mounts;

    Leftovers(MountPoints mounts) {
        this.mounts = mounts;
    }

    /**
     * Sees that what is mounted at the staging path, if anything, came from the volume's disk.
     *
     * @throws NodeFailure PRECONDITION where it is something else
     */
    void requireOurs(Path stagingPath, Optional<VolumeRecord> record, Optional<AttachedDisk> disk)
            throws IOException {
        Set<String> devices = devices(record, disk);
        for (MountInfo mount : mounts.table().at(stagingPath)) {
            if (!devices.contains(mount.source())) {
                throw NodeFailure.precondition(
                        "something else is mounted at %s: %s (%s); unmount it first"
                                .formatted(stagingPath, mount.source(), mount.type()));
            }
        }
    }

    /** Takes all mounts of the volume out of the tree, whoever uses them. */
    void detach(Path stagingPath, Optional<VolumeRecord> record, Optional<AttachedDisk> disk)
            throws IOException {
        MountTable table = mounts.table();
        Set<Path> own = new LinkedHashSet<>();
        own.add(stagingPath);
        record.ifPresent(r -> {
            own.add(r.stagingPath());
            own.addAll(r.published().keySet());
        });
        Set<String> devices = devices(record, disk);
        Set<Path> paths = new LinkedHashSet<>();
        for (Path path : own) {
            for (MountInfo mount : table.at(path)) {
                paths.add(path);
                // Never true of devtmpfs, through which block devices are published.
                if (devices.contains(mount.source())) {
                    paths.addAll(sameFilesystem(table, mount.device()));
                }
            }
        }
        for (Path path : paths) {
            log.atWarn()
                    .addKeyValue("path", path)
                    .log("a mount whose disk is gone is taken out of the tree");
            mounts.detachAll(path);
        }
    }

    /** Other mounts of the filesystem that is mounted at the staging path. */
    List<Path> alsoMountedAt(Path stagingPath) throws IOException {
        MountTable table = mounts.table();
        List<MountInfo> staged = table.at(stagingPath);
        if (staged.isEmpty() || !staged.getLast().source().startsWith("/dev/")) {
            return List.of();
        }
        return sameFilesystem(table, staged.getLast().device()).stream()
                .filter(path -> !path.equals(stagingPath))
                .toList();
    }

    private static Set<String> devices(Optional<VolumeRecord> record, Optional<AttachedDisk> disk) {
        Set<String> devices = new LinkedHashSet<>();
        record.map(VolumeRecord::device).filter(d -> !d.isEmpty()).ifPresent(devices::add);
        disk.map(d -> d.device().toString()).ifPresent(devices::add);
        return devices;
    }

    private static List<Path> sameFilesystem(MountTable table, DeviceNumber device) {
        return table.of(device).stream().map(MountInfo::mountPoint).distinct().toList();
    }
}
