package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Ends FUSE connections, by force where their mount is in sight, else by their number in the
 * kernel's list of them (fusectl). Stateless: any thread. Never waits for a FUSE server.
 */
public final class FuseConnections {

    private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
    private static final long FUSECTL_MAGIC = 0x65735543L;

    private FuseConnections() {}

    /**
     * Ends a connection: every request under way and every later one fails, with EIO or ENOTCONN.
     * The mount may or may not be there afterwards. Does nothing where the connection has ended.
     *
     * @param mountPoint where it was mounted
     * @param number the minor number of the mount's device
     * @throws IOException where the mount is out of sight and fusectl can't be had
     */
    public static void abort(Path mountPoint, int number) throws IOException {
        if (!isMounted(mountPoint, number)) {
            abortByNumber(number);
            return;
        }
        try {
            // For FUSE the force comes first and holds even when the unmount then fails.
            Mounts.unmount(mountPoint, Mounts.MNT_FORCE | Mounts.UMOUNT_NOFOLLOW);
        } catch (LinuxException e) {
            if (e.is(Errno.EINVAL)) {
                abortByNumber(number);
            } else if (!e.is(Errno.EBUSY)) {
                throw e;
            }
        }
    }

    /** Whether the connection's mount is the uppermost at that path, in our mount namespace. */
    static boolean isMounted(Path mountPoint, int number) throws IOException {
        List<MountInfo> mounts = MountTable.read().at(mountPoint);
        return !mounts.isEmpty() && mounts.getLast().device().equals(new DeviceNumber(0, number));
    }

    /** As {@link #abort}, wherever it is mounted; false where there is no such connection. */
    static boolean abortByNumber(int number) throws IOException {
        if (isControl(CONNECTIONS)) {
            return abortBelow(CONNECTIONS, number);
        }
        Path own = Files.createTempDirectory("lunaria-fusectl");
        try {
            Mounts.mount("fusectl", own, "fusectl", Mounts.MS_NOSUID | Mounts.MS_NODEV, "");
            try {
                return abortBelow(own, number);
            } finally {
                Mounts.unmount(own, Mounts.MNT_DETACH);
            }
        } finally {
            Files.delete(own);
        }
    }

    private static boolean isControl(Path folder) {
        try {
            return FileSystemStatus.of(folder).type() == FUSECTL_MAGIC;
        } catch (LinuxException e) {
            return false;
        }
    }

    private static boolean abortBelow(Path folder, int number) throws IOException {
        Path abort = folder.resolve(Integer.toString(number)).resolve("abort");
        try {
            Files.write(abort, new byte[] {'1'}, StandardOpenOption.WRITE);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
