package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Questions to and commands for block devices. Stateless: any thread. Flushing and discarding block
 * until the device answers; the rest does not.
 */
public final class BlockDevices {

    private static final int BLKROGET = 0x125e;
    private static final int BLKFLSBUF = 0x1261;
    private static final int BLKSSZGET = 0x1268;
    private static final int BLKDISCARD = 0x1277;
    private static final int BLKPBSZGET = 0x127b;
    private static final int BLKZEROOUT = 0x127f;
    private static final int BLKGETSIZE64 = 0x80081272;

    private BlockDevices() {}

    /** The size in bytes. */
    public static long sizeBytes(Descriptor device) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(8, 8);
            Ioctl.withStruct(device, "BLKGETSIZE64", BLKGETSIZE64, answer);
            return answer.get(Native.LONG, 0);
        }
    }

    /** The smallest unit that can be addressed, in bytes. */
    public static int logicalBlockBytes(Descriptor device) throws LinuxException {
        return askInt(device, "BLKSSZGET", BLKSSZGET);
    }

    /** The smallest unit that can be written without reading, in bytes. */
    public static int physicalBlockBytes(Descriptor device) throws LinuxException {
        return askInt(device, "BLKPBSZGET", BLKPBSZGET);
    }

    /** Whether the device refuses writes. */
    public static boolean isReadOnly(Descriptor device) throws LinuxException {
        return askInt(device, "BLKROGET", BLKROGET) != 0;
    }

    /**
     * Writes back and drops the device's page cache. Not a flush of the disk's cache: see fsync.
     */
    public static void flushBuffers(Descriptor device) throws LinuxException {
        Ioctl.withInt(device, "BLKFLSBUF", BLKFLSBUF, 0);
    }

    /** Tells the device that the range (bytes) is no longer needed. */
    public static void discard(Descriptor device, long offset, long length) throws LinuxException {
        range(device, "BLKDISCARD", BLKDISCARD, offset, length);
    }

    /** Makes the range (bytes) read as zeroes. */
    public static void zero(Descriptor device, long offset, long length) throws LinuxException {
        range(device, "BLKZEROOUT", BLKZEROOUT, offset, length);
    }

    /**
     * Whether the kernel holds the device for itself: it is mounted, or part of another device.
     * Plain readers and writers are not seen.
     */
    public static boolean isClaimed(Path device) throws LinuxException {
        try {
            FileIo.open(device, OpenFlags.O_RDONLY | OpenFlags.O_EXCL, 0).close();
            return false;
        } catch (LinuxException e) {
            if (e.is(Errno.EBUSY)) {
                return true;
            }
            throw e;
        }
    }

    private static int askInt(Descriptor device, String name, int request) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(4, 4);
            Ioctl.withStruct(device, name, request, answer);
            return answer.get(Native.INT, 0);
        }
    }

    private static void range(Descriptor device, String name, int request, long offset, long length)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment range = arena.allocate(16, 8);
            range.set(Native.LONG, 0, offset);
            range.set(Native.LONG, 8, length);
            Ioctl.withStruct(device, name, request, range);
        }
    }
}
