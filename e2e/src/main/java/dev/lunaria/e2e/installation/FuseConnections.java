package dev.lunaria.e2e.installation;

import dev.lunaria.linux.DeviceUsers;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's FUSE connections behind the mounts below one folder. A connection outlives its mount
 * while anybody holds the mounted file open, a loop device for instance, or has a copy of the mount
 * in a mount namespace of its own: then our mount table doesn't show it any more.
 *
 * <p>Any thread. Remembers those that it has seen mounted and that aren't gone since. A connection
 * is a folder in the kernel's control filesystem, named like the mount's device number, which may
 * be used again; its inode isn't while that filesystem is mounted, as it is from {@link #watch} to
 * {@link #close}.
 */
public final class FuseConnections implements AutoCloseable {
    private static final String CONTROL = "fusectl";

    private final Path root;
    private final Path control;
    private final Map<Path, Seen> seen = new ConcurrentHashMap<>();

    /** A connection as it was seen. */
    private record Seen(Object identity, MountInfo mount) {
        /** For people, with who has it, where that can be found out. */
        String describe() {
            List<String> users = DeviceUsers.of(mount.mountPoint(), mount.device());
            return "FUSE connection %d of %s%s"
                    .formatted(
                            mount.device().minor(),
                            mount.mountPoint(),
                            users.isEmpty() ? "" : ": " + String.join(", ", users));
        }
    }

    private FuseConnections(Path root, Path control) {
        this.root = root;
        this.control = control;
    }

    /**
     * Mounts the control filesystem.
     *
     * @param root below which mounts are looked for
     * @param control where to mount it; made where it is missing
     */
    public static FuseConnections watch(Path root, Path control) throws IOException {
        Mounts.mount(CONTROL, Files.createDirectories(control), CONTROL, 0, "");
        return new FuseConnections(root.toRealPath(), control);
    }

    /** Remembers the connections of the FUSE mounts that are there now. */
    public void look() throws IOException {
        for (MountInfo mount : MountTable.read().mounts()) {
            if (mount.type().startsWith("fuse.") && mount.mountPoint().startsWith(root)) {
                Path folder = control.resolve(Integer.toString(mount.device().minor()));
                Object identity = identity(folder);
                if (identity != null) {
                    seen.put(folder, new Seen(identity, mount));
                }
            }
        }
    }

    /** Those that were seen and are still there, mounted or not. */
    public List<String> present() throws IOException {
        List<String> present = new ArrayList<>();
        for (Map.Entry<Path, Seen> connection : Map.copyOf(seen).entrySet()) {
            if (connection.getValue().identity().equals(identity(connection.getKey()))) {
                present.add(connection.getValue().describe());
            } else {
                seen.remove(connection.getKey(), connection.getValue());
            }
        }
        return present;
    }

    private static @Nullable Object identity(Path folder) throws IOException {
        try {
            return Files.readAttributes(folder, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Unmounts the control filesystem. */
    @Override
    public void close() throws LinuxException {
        Mounts.unmount(control, Mounts.MNT_DETACH);
    }
}
