package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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
