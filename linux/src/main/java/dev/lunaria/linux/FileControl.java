package dev.lunaria.linux;

import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * What is done to an open file beside reading and writing: durability, space, length, locks.
 * Stateless: any thread; everything here may block in the kernel. Offsets and lengths are bytes.
 */
public final class FileControl {

    /** The file's length stays, whatever range is given (fallocate). */
    public static final int FALLOC_FL_KEEP_SIZE = 0x01;

    /** Gives the range's space back; it reads as zeroes. Needs KEEP_SIZE (fallocate). */
    public static final int FALLOC_FL_PUNCH_HOLE = 0x02;

    /** The range reads as zeroes and keeps its space (fallocate). */
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    /** What {@link #seekData} answers where no data follow. */
    public static final long NO_MORE_DATA = -1;

    public static final int SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    public static final int SYNC_FILE_RANGE_WRITE = 2;
    public static final int SYNC_FILE_RANGE_WAIT_AFTER = 4;

    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int LOCK_UN = 8;
    private static final int FICLONE = 0x40049409;

    private static final MethodHandle FALLOCATE =
            Native.function(
                    "fallocate", Native.INT, Native.INT, Native.INT, Native.LONG, Native.LONG);
    private static final MethodHandle LSEEK =
            Native.function("lseek", Native.LONG, Native.INT, Native.LONG, Native.INT);
    private static final MethodHandle FSYNC = Native.function("fsync", Native.INT, Native.INT);
    private static final MethodHandle FDATASYNC =
            Native.function("fdatasync", Native.INT, Native.INT);
    private static final MethodHandle SYNCFS = Native.function("syncfs", Native.INT, Native.INT);
    private static final MethodHandle FTRUNCATE =
            Native.function("ftruncate", Native.INT, Native.INT, Native.LONG);
    private static final MethodHandle SYNC_FILE_RANGE =
            Native.function(
                    "sync_file_range",
                    Native.INT,
                    Native.INT,
                    Native.LONG,
                    Native.LONG,
                    Native.INT);
    private static final MethodHandle FLOCK =
            Native.function("flock", Native.INT, Native.INT, Native.INT);

    private FileControl() {}

    /** fallocate(2) with the FALLOC_FL_ flags given; 0 reserves space and extends the file. */
    public static void fallocate(Descriptor file, int mode, long offset, long length)
            throws LinuxException {
        Native.check(
                "fallocate",
                file.name(),
                state -> (int) FALLOCATE.invokeExact(state, file.number(), mode, offset, length));
    }

    /** Gives the range's space back; it reads as zeroes afterwards, the length stays. */
    public static void punchHole(Descriptor file, long offset, long length) throws LinuxException {
        fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
    }

    /** Makes the range read as zeroes with its space kept; the length stays. */
    public static void zeroRange(Descriptor file, long offset, long length) throws LinuxException {
        fallocate(file, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length);
    }

    /**
     * Where the next data begin at or after {@code offset} (SEEK_DATA), or {@link #NO_MORE_DATA}.
     * Moves the descriptor's own position, which nothing in this package uses for files.
     */
    public static long seekData(Descriptor file, long offset) throws LinuxException {
        return seek(file, offset, SEEK_DATA, "lseek SEEK_DATA");
    }

    /**
     * Where the next hole begins at or after {@code offset} (SEEK_HOLE); the file's end counts as
     * one. {@link #NO_MORE_DATA} where the offset is not inside the file.
     */
    public static long seekHole(Descriptor file, long offset) throws LinuxException {
        return seek(file, offset, SEEK_HOLE, "lseek SEEK_HOLE");
    }

    /** fsync(2). Once it has failed, a later success does not mean that nothing was lost. */
    public static void fsync(Descriptor file) throws LinuxException {
        Native.check("fsync", file.name(), state -> (int) FSYNC.invokeExact(state, file.number()));
    }

    /** fdatasync(2): data, and the metadata needed to read them. */
    public static void fdatasync(Descriptor file) throws LinuxException {
        Native.check(
                "fdatasync",
                file.name(),
                state -> (int) FDATASYNC.invokeExact(state, file.number()));
    }

    /** fsync of a folder: makes creations, renames and removals in it durable. */
    public static void fsyncFolder(Path folder) throws LinuxException {
        try (Descriptor file = FileIo.open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0)) {
            fsync(file);
        }
    }

    /** syncfs(2): writes back the whole file system that the file is on. */
    public static void syncFileSystem(Descriptor file) throws LinuxException {
        Native.check(
                "syncfs", file.name(), state -> (int) SYNCFS.invokeExact(state, file.number()));
    }

    /** ftruncate(2): sets the length; what is added is a hole. */
    public static void truncate(Descriptor file, long length) throws LinuxException {
        Native.check(
                "ftruncate",
                file.name(),
                state -> (int) FTRUNCATE.invokeExact(state, file.number(), length));
    }

    /**
     * sync_file_range(2) with SYNC_FILE_RANGE_ flags: starts or awaits write-back. Promises nothing
     * about durability.
     */
    public static void syncRange(Descriptor file, long offset, long length, int flags)
            throws LinuxException {
        Native.check(
                "sync_file_range",
                file.name(),
                state ->
                        (int)
                                SYNC_FILE_RANGE.invokeExact(
                                        state, file.number(), offset, length, flags));
    }

    /**
     * Takes an exclusive flock(2) without waiting. It belongs to the open file, so it ends when the
     * descriptor is closed or the process dies.
     *
     * @return whether it was taken; false when somebody else holds it
     */
    public static boolean tryLock(Descriptor file) throws LinuxException {
        return tryFlock(file, LOCK_EX | LOCK_NB);
    }

    /** As {@link #tryLock}, shared among several. */
    public static boolean tryLockShared(Descriptor file) throws LinuxException {
        return tryFlock(file, LOCK_SH | LOCK_NB);
    }

    /** Gives the lock back. */
    public static void unlock(Descriptor file) throws LinuxException {
        Native.check(
                "flock",
                file.name(),
                state -> (int) FLOCK.invokeExact(state, file.number(), LOCK_UN));
    }

    /**
     * Makes {@code into} share all of {@code from}'s data (ioctl FICLONE, copy on write). Holds the
     * inode for seconds where the file is much fragmented.
     *
     * @throws LinuxException EOPNOTSUPP where the file system can't (ext4), EXDEV across two of
     *     them
     */
    public static void reflink(Descriptor from, Descriptor into) throws LinuxException {
        Ioctl.withInt(into, "FICLONE", FICLONE, from.number());
    }

    private static boolean tryFlock(Descriptor file, int operation) throws LinuxException {
        try {
            Native.check(
                    "flock",
                    file.name(),
                    state -> (int) FLOCK.invokeExact(state, file.number(), operation));
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return false;
            }
            throw e;
        }
    }

    private static long seek(Descriptor file, long offset, int whence, String name)
            throws LinuxException {
        Native call = Native.current();
        try {
            long at = (long) LSEEK.invokeExact(call.state, file.number(), offset, whence);
            if (at < 0 && call.errno() == Errno.ENXIO) {
                return NO_MORE_DATA;
            }
            if (at < 0) {
                throw call.failure(name, file.name());
            }
            return at;
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }
}
