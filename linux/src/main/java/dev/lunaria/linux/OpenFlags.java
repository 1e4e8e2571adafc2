package dev.lunaria.linux;

/**
 * Flags of open(2), to be combined with {@code |}. {@code O_CLOEXEC} and {@code O_LARGEFILE} are
 * always added by this package. Four numbers differ between x86_64 (asm-generic/fcntl.h) and
 * aarch64 (arch/arm64/include/uapi/asm/fcntl.h).
 */
public final class OpenFlags {

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DSYNC = 010000;
    public static final int O_NOATIME = 01000000;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_SYNC = 04010000;
    public static final int O_PATH = 010000000;

    /** I/O past the page cache; buffers, offsets and lengths must be aligned to logical blocks. */
    public static final int O_DIRECT = direct(Architecture.current());

    /** Fails with ENOTDIR where the path is no folder. */
    public static final int O_DIRECTORY = directory(Architecture.current());

    /** Fails with ELOOP where the path's last component is a symbolic link. */
    public static final int O_NOFOLLOW = noFollow(Architecture.current());

    /** No path resolution through symbolic links at all (openat2 only). */
    public static final long RESOLVE_NO_SYMLINKS = 0x04;

    /** No path resolution across mount points (openat2 only). */
    public static final long RESOLVE_NO_XDEV = 0x01;

    /** No way out of the starting folder (openat2 only). */
    public static final long RESOLVE_BENEATH = 0x08;

    private OpenFlags() {}

    static int direct(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 040000;
            case AARCH64 -> 0200000;
        };
    }

    static int directory(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0200000;
            case AARCH64 -> 040000;
        };
    }

    static int noFollow(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0400000;
            case AARCH64 -> 0100000;
        };
    }

    static int largeFile(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 0100000;
            case AARCH64 -> 0400000;
        };
    }
}
