package dev.lunaria.linux;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * How this package calls the C library: method handles that save errno, and one scratch space per
 * thread for it. Owned by the calling thread; the scratch space is 1 KiB and a bit per thread.
 */
final class Native {

    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final AddressLayout POINTER = ValueLayout.ADDRESS;

    /** Buffers one vectored call takes at most: IOV_MAX is 1024, nobody here needs as many. */
    static final int IOVECS = 64;

    static final int IOVEC_BYTES = 16;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<Native> CURRENT = ThreadLocal.withInitial(Native::new);

    final MemorySegment state;
    final MemorySegment iovecs;

    private Native() {
        Arena arena = Arena.ofAuto();
        state = arena.allocate(STATE);
        iovecs = arena.allocate((long) IOVECS * IOVEC_BYTES, 8);
    }

    /** The calling thread's scratch space. */
    static Native current() {
        return CURRENT.get();
    }

    /** The errno that the last call through {@link #state} left. */
    int errno() {
        return (int) ERRNO.get(state, 0L);
    }

    /** The failure of the last call. */
    LinuxException failure(String call, String argument) {
        return new LinuxException(call, errno(), argument);
    }

    /** Points the scratch iovec {@code index} at a segment that the caller keeps reachable. */
    void iovec(int index, MemorySegment segment) {
        long at = (long) index * IOVEC_BYTES;
        iovecs.set(LONG, at, segment.address());
        iovecs.set(LONG, at + 8, segment.byteSize());
    }

    /** A function of the C library; its handle's first argument is {@link #state}. */
    static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    /** As {@link #function}, with variable arguments from index {@code fixed} on. */
    static MethodHandle variadic(
            String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(fixed));
    }

    @SuppressWarnings("restricted") // calling native code is what this class is for
    private static MethodHandle link(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
        return LINKER.downcallHandle(address, descriptor, options);
    }

    /** One call that answers a negative number when it failed. */
    @FunctionalInterface
    interface Invocation {
        int invoke(MemorySegment state) throws Throwable;
    }

    /** Makes a call, again after EINTR, and throws what failed. */
    static int check(String name, String argument, Invocation invocation) throws LinuxException {
        Native call = current();
        try {
            while (true) {
                int result = invocation.invoke(call.state);
                if (result >= 0) {
                    return result;
                }
                if (call.errno() != Errno.EINTR) {
                    throw call.failure(name, argument);
                }
            }
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** What a method handle may throw but these never do: a wrong signature, or a Java error. */
    static AssertionError unexpected(Throwable thrown) {
        switch (thrown) {
            case Error error -> throw error;
            case RuntimeException exception -> throw exception;
            default -> {}
        }
        return new AssertionError("a native call threw", thrown);
    }
}
