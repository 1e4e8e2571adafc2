package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * What statx(2) tells about a file; its struct is the same on all architectures. Immutable: any
 * thread. Asking may block where the file is on FUSE or NFS.
 *
 * @param inode the inode's number
 * @param mode type and permission bits
 * @param links the number of hard links
 * @param userId the owner
 * @param groupId the owner's group
 * @param sizeBytes the length
 * @param allocatedBytes the space it takes (st_blocks × 512); less than the size where it is sparse
 * @param device the file system's device
 * @param specialDevice the device that a device node stands for, 0:0 for other files
 */
public record FileStatus(
        long inode,
        int mode,
        int links,
        int userId,
        int groupId,
        long sizeBytes,
        long allocatedBytes,
        DeviceNumber device,
        DeviceNumber specialDevice) {

    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_BYTES = 256;

    private static final int S_IFMT = 0170000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFSOCK = 0140000;

    private static final MethodHandle STATX =
            Native.function(
                    "statx",
                    Native.INT,
                    Native.INT,
                    Native.POINTER,
                    Native.INT,
                    Native.INT,
                    Native.POINTER);

    /** Of an open file. */
    public static FileStatus of(Descriptor file) throws LinuxException {
        return statx(file.number(), "", AT_EMPTY_PATH, file.name());
    }

    /** Of what the path leads to, through symbolic links. */
    public static FileStatus of(Path path) throws LinuxException {
        return statx(AT_FDCWD, path.toString(), 0, path.toString());
    }

    /** Of the path itself, be it a symbolic link. */
    public static FileStatus ofLink(Path path) throws LinuxException {
        return statx(AT_FDCWD, path.toString(), AT_SYMLINK_NOFOLLOW, path.toString());
    }

    public boolean isRegularFile() {
        return (mode & S_IFMT) == S_IFREG;
    }

    public boolean isFolder() {
        return (mode & S_IFMT) == S_IFDIR;
    }

    public boolean isBlockDevice() {
        return (mode & S_IFMT) == S_IFBLK;
    }

    public boolean isSymbolicLink() {
        return (mode & S_IFMT) == S_IFLNK;
    }

    public boolean isSocket() {
        return (mode & S_IFMT) == S_IFSOCK;
    }

    private static FileStatus statx(int folder, String path, int flags, String argument)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            MemorySegment stat = arena.allocate(STATX_BYTES, 8);
            Native.check(
                    "statx",
                    argument,
                    state ->
                            (int)
                                    STATX.invokeExact(
                                            state, folder, name, flags, STATX_BASIC_STATS, stat));
            return new FileStatus(
                    stat.get(Native.LONG, 32),
                    Short.toUnsignedInt(stat.get(Native.SHORT, 28)),
                    stat.get(Native.INT, 16),
                    stat.get(Native.INT, 20),
                    stat.get(Native.INT, 24),
                    stat.get(Native.LONG, 40),
                    stat.get(Native.LONG, 48) * 512,
                    new DeviceNumber(stat.get(Native.INT, 136), stat.get(Native.INT, 140)),
                    new DeviceNumber(stat.get(Native.INT, 128), stat.get(Native.INT, 132)));
        }
    }
}
