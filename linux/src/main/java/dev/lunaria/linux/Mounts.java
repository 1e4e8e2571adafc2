package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * mount(2) and umount2(2). Stateless: any thread. All of it may block in the kernel for as long as
 * a device or a server doesn't answer: call it on bounded platform threads. What is mounted is read
 * back with {@link MountTable}.
 */
public final class Mounts {

    public static final long MS_RDONLY = 1;
    public static final long MS_NOSUID = 2;
    public static final long MS_NODEV = 4;
    public static final long MS_NOEXEC = 8;
    public static final long MS_REMOUNT = 32;
    public static final long MS_NOATIME = 1024;
    public static final long MS_NODIRATIME = 2048;
    public static final long MS_BIND = 4096;
    public static final long MS_MOVE = 8192;
    public static final long MS_REC = 16384;
    public static final long MS_PRIVATE = 1 << 18;
    public static final long MS_SLAVE = 1 << 19;
    public static final long MS_SHARED = 1 << 20;
    public static final long MS_RELATIME = 1 << 21;
    public static final long MS_LAZYTIME = 1 << 25;

    /** Ends requests that are running with errors where the file system can (FUSE, NFS). */
    public static final int MNT_FORCE = 1;

    /** Takes it out of the tree now, unmounts it when nobody uses it any more. */
    public static final int MNT_DETACH = 2;

    /** Unmounts only if unused since the last call with this flag. */
    public static final int MNT_EXPIRE = 4;

    /** Does not follow a symbolic link at the end of the path. */
    public static final int UMOUNT_NOFOLLOW = 8;

    private static final MethodHandle MOUNT =
            Native.function(
                    "mount",
                    Native.INT,
                    Native.POINTER,
                    Native.POINTER,
                    Native.POINTER,
                    Native.LONG,
                    Native.POINTER);
    private static final MethodHandle UMOUNT2 =
            Native.function("umount2", Native.INT, Native.POINTER, Native.INT);

    private Mounts() {}

    /**
     * mount(2).
     *
     * @param source a device's path, a folder for a bind mount, or just a name
     * @param target an existing folder, or a file where the source is one
     * @param type as {@code ext4}; empty for bind, move, remount and changes of propagation
     * @param flags MS_ flags
     * @param data options of the file system, comma separated; may be empty
     */
    public static void mount(String source, Path target, String type, long flags, String data)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(source);
            MemorySegment to = arena.allocateFrom(target.toString());
            MemorySegment kind = type.isEmpty() ? MemorySegment.NULL : arena.allocateFrom(type);
            MemorySegment options = data.isEmpty() ? MemorySegment.NULL : arena.allocateFrom(data);
            Native.check(
                    "mount",
                    source + " on " + target,
                    state -> (int) MOUNT.invokeExact(state, from, to, kind, flags, options));
        }
    }

    /** Makes {@code source} (a folder or a file) visible at {@code target} too. */
    public static void bind(Path source, Path target) throws LinuxException {
        mount(source.toString(), target, "", MS_BIND, "");
    }

    /** Makes an existing bind mount read-only; others of the same file system stay as they are. */
    public static void remountBindReadOnly(Path target) throws LinuxException {
        mount("none", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY, "");
    }

    /**
     * umount2(2) of the uppermost mount at {@code target}.
     *
     * @param flags MNT_ flags, or 0
     * @throws LinuxException EBUSY while files on it are open, EINVAL where nothing is mounted
     */
    public static void unmount(Path target, int flags) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(target.toString());
            Native.check(
                    "umount2",
                    target.toString(),
                    state -> (int) UMOUNT2.invokeExact(state, path, flags));
        }
    }
}
