package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The calls of socket(7) that Java's own channels don't give a descriptor for. Stateless. */
final class Sockets {

    static final int POLLIN = 1;
    static final int POLLOUT = 4;

    private static final int SOCK_CLOEXEC = 02000000;
    private static final int POLLFD_BYTES = 8;
    private static final int MSG_NOSIGNAL = 0x4000;

    private static final MethodHandle SOCKET =
            Native.function("socket", Native.INT, Native.INT, Native.INT, Native.INT);
    private static final MethodHandle BIND =
            Native.function("bind", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle CONNECT =
            Native.function("connect", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle SETSOCKOPT =
            Native.function(
                    "setsockopt",
                    Native.INT,
                    Native.INT,
                    Native.INT,
                    Native.INT,
                    Native.POINTER,
                    Native.INT);
    private static final MethodHandle GETSOCKOPT =
            Native.function(
                    "getsockopt",
                    Native.INT,
                    Native.INT,
                    Native.INT,
                    Native.INT,
                    Native.POINTER,
                    Native.POINTER);
    private static final MethodHandle SEND =
            Native.function(
                    "send", Native.LONG, Native.INT, Native.POINTER, Native.LONG, Native.INT);
    private static final MethodHandle RECV =
            Native.function(
                    "recv", Native.LONG, Native.INT, Native.POINTER, Native.LONG, Native.INT);
    private static final MethodHandle POLL =
            Native.function("poll", Native.INT, Native.POINTER, Native.LONG, Native.INT);

    private Sockets() {}

    static Descriptor open(int family, int type, int protocol, String name) throws LinuxException {
        int kind = type | SOCK_CLOEXEC;
        return Descriptor.of(
                Native.check(
                        "socket",
                        name,
                        state -> (int) SOCKET.invokeExact(state, family, kind, protocol)),
                name);
    }

    static void bind(Descriptor socket, MemorySegment address) throws LinuxException {
        int bytes = (int) address.byteSize();
        Native.check(
                "bind",
                socket.name(),
                state -> (int) BIND.invokeExact(state, socket.number(), address, bytes));
    }

    /** EINPROGRESS where the socket doesn't block and the answer is to come. */
    static void connect(Descriptor socket, MemorySegment address) throws LinuxException {
        int bytes = (int) address.byteSize();
        Native.check(
                "connect",
                socket.name(),
                state -> (int) CONNECT.invokeExact(state, socket.number(), address, bytes));
    }

    static void setOption(Descriptor socket, int level, int option, int value)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(4, 4);
            number.set(Native.INT, 0, value);
            Native.check(
                    "setsockopt",
                    socket.name(),
                    state ->
                            (int)
                                    SETSOCKOPT.invokeExact(
                                            state, socket.number(), level, option, number, 4));
        }
    }

    static int option(Descriptor socket, int level, int option) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(4, 4);
            MemorySegment length = arena.allocate(4, 4);
            length.set(Native.INT, 0, 4);
            Native.check(
                    "getsockopt",
                    socket.name(),
                    state ->
                            (int)
                                    GETSOCKOPT.invokeExact(
                                            state, socket.number(), level, option, number, length));
            return number.get(Native.INT, 0);
        }
    }

    static void send(Descriptor socket, ByteBuffer message) throws LinuxException {
        MemorySegment bytes = direct(message);
        long length = bytes.byteSize();
        Native.check(
                "send",
                socket.name(),
                state ->
                        Math.toIntExact(
                                (long)
                                        SEND.invokeExact(
                                                state,
                                                socket.number(),
                                                bytes,
                                                length,
                                                MSG_NOSIGNAL)));
    }

    static int receive(Descriptor socket, ByteBuffer into) throws LinuxException {
        MemorySegment bytes = direct(into);
        long length = bytes.byteSize();
        return Native.check(
                "recv",
                socket.name(),
                state ->
                        Math.toIntExact(
                                (long) RECV.invokeExact(state, socket.number(), bytes, length, 0)));
    }

    /** Waits until the socket is ready, or has an error; false where it isn't in time. */
    static boolean await(Descriptor socket, int events, Duration within) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(POLLFD_BYTES, 4);
            poll.set(Native.INT, 0, socket.number());
            poll.set(Native.SHORT, 4, (short) events);
            int millis = (int) Math.min(within.toMillis(), Integer.MAX_VALUE);
            return Native.check(
                            "poll",
                            socket.name(),
                            state -> (int) POLL.invokeExact(state, poll, 1L, millis))
                    > 0;
        }
    }

    private static MemorySegment direct(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("the kernel needs a direct buffer");
        }
        return MemorySegment.ofBuffer(buffer);
    }
}
