package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What of a file is in memory (cachestat(2), Linux 6.5). Stateless: any thread; never blocks.
 *
 * <p>The answer may be old by the time it is used: pages come and go.
 */
public final class PageCache {

    private static final long SYS_CACHESTAT = 451; // the same on all architectures
    private static final long PAGE_BYTES = 4096;
    private static final int RANGE_BYTES = 16;
    private static final int STATISTICS_BYTES = 40;

    private static final MethodHandle CACHESTAT =
            Native.variadic(
                    "syscall",
                    1,
                    Native.LONG,
                    Native.LONG,
                    Native.INT,
                    Native.POINTER,
                    Native.POINTER,
                    Native.INT);
    private static final ThreadLocal<MemorySegment> SCRATCH =
            ThreadLocal.withInitial(
                    () -> Arena.ofAuto().allocate(RANGE_BYTES + STATISTICS_BYTES, 8));

    private static volatile boolean supported = true;

    private PageCache() {}

    /** Whether the kernel can tell; true until it was asked once. */
    public static boolean isSupported() {
        return supported;
    }

    /**
     * Whether all of a range is in memory; false too where the kernel can't tell.
     *
     * @param offset in bytes
     * @param length in bytes, at least 1
     */
    public static boolean isResident(Descriptor file, long offset, long length)
            throws LinuxException {
        if (!supported) {
            return false;
        }
        long first = offset / PAGE_BYTES;
        long end = (offset + length + PAGE_BYTES - 1) / PAGE_BYTES;
        MemorySegment range = SCRATCH.get();
        MemorySegment statistics = range.asSlice(RANGE_BYTES);
        range.set(Native.LONG, 0, first * PAGE_BYTES);
        range.set(Native.LONG, 8, (end - first) * PAGE_BYTES);
        Native call = Native.current();
        try {
            long result =
                    (long)
                            CACHESTAT.invokeExact(
                                    call.state, SYS_CACHESTAT, file.number(), range, statistics, 0);
            if (result == 0) {
                return statistics.get(Native.LONG, 0) >= end - first;
            }
            if (call.errno() == Errno.ENOSYS || call.errno() == Errno.EOPNOTSUPP) {
                supported = false;
                return false;
            }
            throw call.failure("cachestat", file.name());
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }
}
