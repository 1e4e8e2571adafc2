package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * What statfs(2) tells about a mounted file system; x86_64 and aarch64 share the struct. Immutable:
 * any thread. Asking blocks where the file system's server is away.
 *
 * @param type the magic number, as {@link #EXT4_MAGIC}
 * @param blockBytes the unit of allocation
 * @param totalBytes the size
 * @param freeBytes what is free, with what is reserved for root
 * @param availableBytes what others than root can still have
 * @param totalInodes inodes in all, 0 where the file system doesn't count them
 * @param freeInodes inodes left
 */
public record FileSystemStatus(
        long type,
        long blockBytes,
        long totalBytes,
        long freeBytes,
        long availableBytes,
        long totalInodes,
        long freeInodes) {

    public static final long EXT4_MAGIC = 0xEF53L;
    public static final long XFS_MAGIC = 0x58465342L;
    public static final long BTRFS_MAGIC = 0x9123683EL;
    public static final long OCFS2_MAGIC = 0x7461636FL;
    public static final long FUSE_MAGIC = 0x65735546L;
    public static final long TMPFS_MAGIC = 0x01021994L;

    private static final int STATFS_BYTES = 120;

    private static final MethodHandle STATFS =
            Native.function("statfs", Native.INT, Native.POINTER, Native.POINTER);
    private static final MethodHandle FSTATFS =
            Native.function("fstatfs", Native.INT, Native.INT, Native.POINTER);

    /** Of the file system that the path is on. */
    public static FileSystemStatus of(Path path) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            MemorySegment struct = arena.allocate(STATFS_BYTES, 8);
            Native.check(
                    "statfs",
                    path.toString(),
                    state -> (int) STATFS.invokeExact(state, name, struct));
            return read(struct);
        }
    }

    /** Of the file system that an open file is on. */
    public static FileSystemStatus of(Descriptor file) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = arena.allocate(STATFS_BYTES, 8);
            Native.check(
                    "fstatfs",
                    file.name(),
                    state -> (int) FSTATFS.invokeExact(state, file.number(), struct));
            return read(struct);
        }
    }

    private static FileSystemStatus read(MemorySegment struct) {
        long fragment = struct.get(Native.LONG, 72);
        long unit = fragment != 0 ? fragment : struct.get(Native.LONG, 8);
        return new FileSystemStatus(
                struct.get(Native.LONG, 0),
                struct.get(Native.LONG, 8),
                struct.get(Native.LONG, 16) * unit,
                struct.get(Native.LONG, 24) * unit,
                struct.get(Native.LONG, 32) * unit,
                struct.get(Native.LONG, 40),
                struct.get(Native.LONG, 48));
    }
}
