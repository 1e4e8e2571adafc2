package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Making device nodes, where /dev is not the kernel's own devtmpfs. Stateless: any thread. */
public final class DeviceNodes {

    private static final int S_IFBLK = 0060000;

    private static final MethodHandle MKNOD =
            Native.function("mknod", Native.INT, Native.POINTER, Native.INT, Native.LONG);

    private DeviceNodes() {}

    /**
     * mknod(2) of a block device; one that is there already is left as it is.
     *
     * @param mode permission bits, less the umask
     * @throws LinuxException EPERM without CAP_MKNOD
     */
    public static void makeBlock(Path path, DeviceNumber device, int mode) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int kind = S_IFBLK | mode;
            long number = encode(device);
            Native.check(
                    "mknod",
                    path.toString(),
                    state -> (int) MKNOD.invokeExact(state, name, kind, number));
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
    }

    /** The C library's dev_t (sys/sysmacros.h): 12 and 20 bits of each half, interleaved. */
    static long encode(DeviceNumber device) {
        long major = Integer.toUnsignedLong(device.major());
        long minor = Integer.toUnsignedLong(device.minor());
        return ((major & 0xfff) << 8)
                | ((major & 0xfffff000L) << 32)
                | (minor & 0xff)
                | ((minor & 0xffffff00L) << 12);
    }
}
