package dev.lunaria.node.disk;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.node.disk.fuse.FuseConnections;
import dev.lunaria.node.disk.fuse.FuseFile;
import dev.lunaria.node.disk.loop.LoopDevice;
import dev.lunaria.node.disk.loop.LoopRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a killed process leaves of its user-space disks: FUSE mounts nobody serves, loop devices
 * over them, file systems mounted from those. Stateless; called by whoever owns the folder now,
 * before it opens disks there. Bounded: waits 10 s at most for each loop device.
 *
 * <p>Nothing here asks a FUSE file anything, so nothing hangs on a dead one.
 *
 * @param unmounted mount points of file systems that lay on the disks: their unflushed writes are
 *     lost
 * @param devices loop devices that are free again
 * @param stuck loop devices that somebody keeps open; they go when the last one closes them
 */
public record DiskRemains(List<Path> unmounted, List<Path> devices, List<Path> stuck) {

    private static final Logger LOG = LoggerFactory.getLogger(DiskRemains.class);

    private static final Duration DETACH = Duration.ofSeconds(10);

    public DiskRemains {
        unmounted = List.copyOf(unmounted);
        devices = List.copyOf(devices);
        stuck = List.copyOf(stuck);
    }

    /** Whether there was nothing. */
    public boolean isEmpty() {
        return unmounted.isEmpty() && devices.isEmpty() && stuck.isEmpty();
    }

    /**
     * Removes every disk of the folder, or the one of the file, and the files themselves.
     *
     * @param path a folder of disks or one disk's file; nothing that is alive may be there
     */
    public static DiskRemains removeAt(Path path) throws IOException {
        Path place = real(path);
        List<MountInfo> files = fuseMounts(place);
        for (MountInfo file : files) {
            FuseConnections.abort(file.mountPoint(), file.device().minor());
        }
        List<Path> unmounted = new ArrayList<>();
        List<Path> devices = new ArrayList<>();
        List<Path> stuck = new ArrayList<>();
        for (LoopDevice loop : loops(place)) {
            unmounted.addAll(unmountAll(loop));
            (loop.clearAndAwait(DETACH) ? devices : stuck).add(loop.path());
        }
        for (MountInfo file : files) {
            unmount(file.mountPoint());
            Files.deleteIfExists(file.mountPoint());
        }
        for (Path file : LoopRecord.filesAt(place)) {
            Files.deleteIfExists(file);
            LoopRecord.delete(file);
        }
        DiskRemains remains = new DiskRemains(unmounted, devices, stuck);
        if (!remains.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("place", place)
                    .addKeyValue("unmounted", remains.unmounted)
                    .addKeyValue("devices", remains.devices)
                    .addKeyValue("stuck", remains.stuck)
                    .log("removed disks that a process which died had left");
        }
        return remains;
    }

    /**
     * The path without symbolic links; the last part may be a dead FUSE file, which can't be asked.
     */
    private static Path real(Path path) throws IOException {
        Path absolute = path.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        return parent == null ? absolute : parent.toRealPath().resolve(absolute.getFileName());
    }

    private static List<MountInfo> fuseMounts(Path place) throws IOException {
        return MountTable.read().below(place).stream()
                .filter(mount -> mount.type().equals(FuseFile.MOUNT_TYPE))
                .toList()
                .reversed();
    }

    private static List<LoopDevice> loops(Path place) throws IOException {
        List<LoopDevice> loops = new ArrayList<>(LoopDevice.over(place));
        for (Path file : LoopRecord.filesAt(place)) {
            LoopRecord.orphanOf(file).ifPresent(loops::add);
        }
        return loops;
    }

    private static List<Path> unmountAll(LoopDevice loop) throws IOException {
        List<Path> points =
                MountTable.read().from(loop.path(), loop.device()).reversed().stream()
                        .map(MountInfo::mountPoint)
                        .toList();
        for (Path point : points) {
            unmount(point);
        }
        return points;
    }

    private static void unmount(Path point) throws LinuxException {
        try {
            Mounts.unmount(point, Mounts.MNT_DETACH | Mounts.UMOUNT_NOFOLLOW);
        } catch (LinuxException e) {
            // Gone already: with another mount of the same group, or by somebody else.
            if (!e.is(Errno.EINVAL) && !e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}
