package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kernel's list of FUSE connections (fusectl), from which one can be aborted by its number even
 * when its mount is out of sight. Stateless: any thread. Never waits for a FUSE server.
 */
public final class FuseConnections {

    private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
    private static final long FUSECTL_MAGIC = 0x65735543L;

    private FuseConnections() {}

    /**
     * Ends a connection: every request under way and every later one fails, with EIO or ENOTCONN.
     *
     * @param number the minor number of the mount's device
     * @return false where there is no such connection (any more)
     * @throws IOException where fusectl isn't there and can't be mounted
     */
    public static boolean abort(int number) throws IOException {
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

    private static boolean abortBelow(Path folder, int number) throws LinuxException {
        Path abort = folder.resolve(Integer.toString(number)).resolve("abort");
        try (Descriptor file = FileIo.open(abort, OpenFlags.O_WRONLY, 0)) {
            ByteBuffer one = ByteBuffer.allocateDirect(1).put(0, (byte) '1');
            FileIo.writeFully(file, one, 0, 0);
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }
}
