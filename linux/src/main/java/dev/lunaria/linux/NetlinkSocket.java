package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A netlink socket (netlink(7)): datagrams to and from one part of the kernel. One thread at a time
 * sends, and one receives. Sending blocks while the kernel carries out what was asked for.
 */
public final class NetlinkSocket implements AutoCloseable {

    /** The kernel's iSCSI initiator (scsi_netlink.h, NETLINK_ISCSI). */
    public static final int ISCSI = 8;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVBUFFORCE = 33;

    // struct sockaddr_nl: family, padding, port id, groups.
    private static final int ADDRESS_BYTES = 12;

    private final Descriptor descriptor;

    private NetlinkSocket(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens and binds a socket.
     *
     * @param protocol which part of the kernel
     * @param portId its address, unsigned; 0: the kernel chooses one
     * @param groups bit mask of the multicast groups that it listens to
     * @throws LinuxException EPROTONOSUPPORT where the kernel has no such part; EADDRINUSE where
     *     another socket has that address; EPERM for groups without the capability
     */
    public static NetlinkSocket open(int protocol, int portId, int groups) throws LinuxException {
        Descriptor descriptor = Sockets.open(AF_NETLINK, SOCK_RAW, protocol, "netlink " + protocol);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_BYTES, 4);
            address.set(Native.SHORT, 0, (short) AF_NETLINK);
            address.set(Native.INT, 4, portId);
            address.set(Native.INT, 8, groups);
            Sockets.bind(descriptor, address);
            return new NetlinkSocket(descriptor);
        } catch (LinuxException e) {
            descriptor.close();
            throw e;
        }
    }

    /**
     * Sets how much the kernel keeps for this socket; beyond the system's bound where this process
     * may (CAP_NET_ADMIN).
     *
     * @param bytes the kernel doubles it, for its own bookkeeping
     */
    public void keepUpTo(int bytes) throws LinuxException {
        try {
            Sockets.setOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
        } catch (LinuxException e) {
            if (!e.is(Errno.EPERM)) {
                throw e;
            }
            Sockets.setOption(descriptor, SOL_SOCKET, SO_RCVBUF, bytes);
        }
    }

    /** Sends one message, from the buffer's position to its limit; direct. */
    public void send(ByteBuffer message) throws LinuxException {
        Sockets.send(descriptor, message);
    }

    /**
     * Takes the next message, from the buffer's position on; what has no room is lost.
     *
     * @param into direct
     * @return its length, 0 where none came in time
     * @throws LinuxException ENOBUFS where messages were dropped because nobody took them in time
     */
    public int receive(ByteBuffer into, Duration within) throws LinuxException {
        return Sockets.await(descriptor, Sockets.POLLIN, within)
                ? Sockets.receive(descriptor, into)
                : 0;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
