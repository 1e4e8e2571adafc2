package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * A TCP connection that is made here and then handed to a part of the kernel by its number. Owned
 * by one thread. The kernel keeps what it was handed when this is closed.
 */
public final class TcpConnection implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_NONBLOCK = 04000;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;

    // struct sockaddr_in and sockaddr_in6.
    private static final int ADDRESS_BYTES = 16;
    private static final int ADDRESS6_BYTES = 28;

    private final Descriptor descriptor;

    private TcpConnection(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects; blocks at most so long.
     *
     * @param address resolved
     * @throws LinuxException ETIMEDOUT where nobody answers in time; ECONNREFUSED and others
     */
    public static TcpConnection connect(InetSocketAddress address, Duration within)
            throws LinuxException {
        boolean six = address.getAddress() instanceof Inet6Address;
        Descriptor descriptor =
                Sockets.open(
                        six ? AF_INET6 : AF_INET,
                        SOCK_STREAM | SOCK_NONBLOCK,
                        IPPROTO_TCP,
                        address.toString());
        try (Arena arena = Arena.ofConfined()) {
            connect(descriptor, encode(arena, address), within);
            Sockets.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
            return new TcpConnection(descriptor);
        } catch (LinuxException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void connect(Descriptor descriptor, MemorySegment address, Duration within)
            throws LinuxException {
        try {
            Sockets.connect(descriptor, address);
        } catch (LinuxException e) {
            if (!e.is(Errno.EINPROGRESS)) {
                throw e;
            }
            if (!Sockets.await(descriptor, Sockets.POLLOUT, within)) {
                throw new LinuxException("connect", Errno.ETIMEDOUT, descriptor.name());
            }
            int error = Sockets.option(descriptor, SOL_SOCKET, SO_ERROR);
            if (error != 0) {
                throw new LinuxException("connect", error, descriptor.name());
            }
        }
    }

    static MemorySegment encode(Arena arena, InetSocketAddress address) {
        InetAddress host = address.getAddress();
        boolean six = host instanceof Inet6Address;
        MemorySegment bytes = arena.allocate(six ? ADDRESS6_BYTES : ADDRESS_BYTES, 4);
        bytes.set(Native.SHORT, 0, (short) (six ? AF_INET6 : AF_INET));
        bytes.set(Native.SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) address.getPort());
        MemorySegment.copy(
                MemorySegment.ofArray(host.getAddress()), 0, bytes, six ? 8 : 4, six ? 16 : 4);
        if (host instanceof Inet6Address scoped) {
            bytes.set(Native.INT, 24, scoped.getScopeId());
        }
        return bytes;
    }

    /** The number to hand over. */
    public int number() {
        return descriptor.number();
    }

    /** Closes this side's hold on it. */
    @Override
    public void close() {
        descriptor.close();
    }
}
