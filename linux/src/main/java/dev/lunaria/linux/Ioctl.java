package dev.lunaria.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * ioctl(2) in the three shapes that are used here. Stateless: any thread; may block. Request
 * numbers are those of asm-generic/ioctl.h, which x86_64 and aarch64 share.
 */
final class Ioctl {

    private static final MethodHandle WITH_INT =
            Native.variadic("ioctl", 2, Native.INT, Native.INT, Native.LONG, Native.LONG);
    private static final MethodHandle WITH_POINTER =
            Native.variadic("ioctl", 2, Native.INT, Native.INT, Native.LONG, Native.POINTER);

    private Ioctl() {}

    /** A request with a number, or with none (0); gives what the call answered. */
    static int withInt(Descriptor device, String name, int request, long value)
            throws LinuxException {
        return Native.check(
                name,
                device.name(),
                state ->
                        (int)
                                WITH_INT.invokeExact(
                                        state,
                                        device.number(),
                                        Integer.toUnsignedLong(request),
                                        value));
    }

    /** A request that reads or fills a struct. */
    static int withStruct(Descriptor device, String name, int request, MemorySegment struct)
            throws LinuxException {
        return Native.check(
                name,
                device.name(),
                state ->
                        (int)
                                WITH_POINTER.invokeExact(
                                        state,
                                        device.number(),
                                        Integer.toUnsignedLong(request),
                                        struct));
    }
}
