package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.IscsiMessage;
import dev.lunaria.linux.IscsiMessages;
import dev.lunaria.linux.IscsiParameter;
import dev.lunaria.linux.IscsiRequest;
import dev.lunaria.linux.IscsiRequest.Stop.Purpose;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.NetlinkSocket;
import dev.lunaria.linux.Sysfs;
import dev.lunaria.linux.TcpConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's initiator through NETLINK_ISCSI. Any thread; requests take turns, as they do in the
 * kernel. One thread of its own reads events.
 *
 * <p>Requests and events have a socket each: the kernel answers a request where it came from, and
 * tells events to everybody, so that neither has to be looked for among the other.
 */
final class NetlinkInitiator implements KernelInitiator, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NetlinkInitiator.class);

    /**
     * Our address: sessions show it as their creator, -1, which is what sessions have that the
     * kernel made itself. An iscsid that starts after us leaves those alone.
     */
    private static final int PORT_ID = -1;

    private static final int EVENT_GROUP = 1;
    private static final int CONNECTION = 0;
    private static final int NO_SESSION = -1;
    private static final int INITIAL_CMD_SN = 1;
    private static final int KEPT_EVENT_BYTES = 4 << 20;
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration LOOK_FOR_STOP = Duration.ofMillis(500);
    private static final String HANDLE = "class/iscsi_transport/tcp/handle";

    private final NetlinkSocket requests;
    private final NetlinkSocket events;
    private final long transport;
    private final ReentrantLock turn = new ReentrantLock();
    private final ByteBuffer answer = ByteBuffer.allocateDirect(IscsiMessages.MAX_BYTES);
    private final Map<Integer, Listener> listeners = new ConcurrentHashMap<>();
    private final Thread reader;
    private volatile boolean closed;

    private record TcpLink(TcpConnection connection) implements Link {
        @Override
        public void close() {
            connection.close();
        }
    }

    private NetlinkInitiator(NetlinkSocket requests, NetlinkSocket events, long transport) {
        this.requests = requests;
        this.events = events;
        this.transport = transport;
        this.reader = KernelThreads.start("iscsi-events", this::readEvents);
    }

    /**
     * Opens it; its modules are loaded.
     *
     * @throws IOException where the kernel has none, or somebody else drives it as we do
     */
    static NetlinkInitiator open(Sysfs sysfs) throws IOException {
        long transport =
                Long.parseUnsignedLong(
                        sysfs.read(HANDLE)
                                .orElseThrow(
                                        () -> new IOException("/sys/" + HANDLE + " is missing"))
                                .strip());
        NetlinkSocket requests = openRequests(transport);
        try {
            NetlinkSocket events = NetlinkSocket.open(NetlinkSocket.ISCSI, 0, EVENT_GROUP);
            events.keepUpTo(KEPT_EVENT_BYTES);
            return new NetlinkInitiator(requests, events, transport);
        } catch (IOException e) {
            requests.close();
            throw e;
        }
    }

    private static NetlinkSocket openRequests(long transport) throws IOException {
        NetlinkSocket socket;
        try {
            socket = NetlinkSocket.open(NetlinkSocket.ISCSI, PORT_ID, 0);
        } catch (LinuxException e) {
            String why = e.is(Errno.EADDRINUSE) ? "another node plugin drives it" : e.getMessage();
            throw new IOException("the kernel's initiator can't be reached: " + why, e);
        }
        try {
            // Answered with an error where it is heard: there is no such session.
            socket.send(IscsiMessages.encode(new IscsiRequest.Unbind(NO_SESSION), transport));
            ByteBuffer answer = ByteBuffer.allocateDirect(IscsiMessages.MAX_BYTES);
            if (socket.receive(answer, ANSWER) > 0) {
                return socket;
            }
            socket.close();
            throw new IOException("the kernel's initiator doesn't answer");
        } catch (LinuxException e) {
            socket.close();
            String why =
                    e.is(Errno.ECONNREFUSED)
                            ? "it hears the host's network namespace alone; run with the host's network"
                            : e.is(Errno.EPERM) ? "CAP_SYS_ADMIN is missing" : e.getMessage();
            throw new IOException("the kernel's initiator can't be reached: " + why, e);
        }
    }

    @Override
    public Link connect(Portal portal, Duration within) throws IOException {
        var address = new InetSocketAddress(InetAddress.getByName(portal.host()), portal.port());
        return new TcpLink(TcpConnection.connect(address, within));
    }

    @Override
    public Numbers createSession(int commands, int queueDepth) throws IOException {
        IscsiMessage.Answer made =
                ask(new IscsiRequest.CreateSession(INITIAL_CMD_SN, commands, queueDepth));
        int session = made.first();
        try {
            ask(new IscsiRequest.CreateConnection(session, CONNECTION));
        } catch (IOException e) {
            ask(new IscsiRequest.DestroySession(session));
            throw e;
        }
        return new Numbers(session, made.second());
    }

    @Override
    public void listen(int session, Listener listener) {
        listeners.put(session, listener);
    }

    @Override
    public void forget(int session) {
        listeners.remove(session);
    }

    @Override
    public void bind(int session, Link link) throws IOException {
        if (!(link instanceof TcpLink(TcpConnection connection))) {
            throw new IllegalArgumentException("not a connection of this initiator: " + link);
        }
        ask(new IscsiRequest.Bind(session, CONNECTION, connection.number()));
    }

    @Override
    public void set(int session, IscsiParameter parameter, String value) throws IOException {
        try {
            ask(new IscsiRequest.SetParameter(session, CONNECTION, parameter, value));
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOSYS)) {
                throw e;
            }
        }
    }

    @Override
    public void send(int session, ByteBuffer pdu) throws IOException {
        ask(new IscsiRequest.SendPdu(session, CONNECTION, pdu));
    }

    @Override
    public void start(int session) throws IOException {
        ask(new IscsiRequest.Start(session, CONNECTION));
    }

    @Override
    public void suspend(int session) throws IOException {
        ask(new IscsiRequest.Stop(session, CONNECTION, Purpose.RECOVER));
    }

    @Override
    public void unbind(int session) throws IOException {
        ask(new IscsiRequest.Unbind(session));
    }

    @Override
    public void destroy(int session) throws IOException {
        passOver(new IscsiRequest.Stop(session, CONNECTION, Purpose.TERMINATE));
        passOver(new IscsiRequest.DestroyConnection(session, CONNECTION));
        try {
            ask(new IscsiRequest.DestroySessionLater(session));
        } catch (LinuxException e) {
            // Linux before 5.7 doesn't know it.
            ask(new IscsiRequest.DestroySession(session));
        }
    }

    /** What may be done already, or never was begun. */
    private void passOver(IscsiRequest request) {
        try {
            ask(request);
        } catch (IOException e) {
            log.debug("passed over", e);
        }
    }

    private IscsiMessage.Answer ask(IscsiRequest request) throws IOException {
        turn.lock();
        try {
            requests.send(IscsiMessages.encode(request, transport));
            long end = System.nanoTime() + ANSWER.toNanos();
            while (System.nanoTime() < end) {
                answer.clear();
                int bytes = requests.receive(answer, LOOK_FOR_STOP);
                if (bytes == 0) {
                    continue;
                }
                if (IscsiMessages.decode(answer.limit(bytes)) instanceof IscsiMessage.Answer got) {
                    if (got.error() != 0) {
                        throw new LinuxException(
                                request.getClass().getSimpleName(),
                                got.error(),
                                "the kernel's iSCSI initiator");
                    }
                    return got;
                }
            }
            throw new LinuxException(
                    request.getClass().getSimpleName(),
                    Errno.ETIMEDOUT,
                    "the kernel's iSCSI initiator");
        } finally {
            turn.unlock();
        }
    }

    private void readEvents() {
        ByteBuffer message = ByteBuffer.allocateDirect(IscsiMessages.MAX_BYTES);
        while (!closed) {
            try {
                message.clear();
                int bytes = events.receive(message, LOOK_FOR_STOP);
                if (bytes > 0) {
                    dispatch(IscsiMessages.decode(message.limit(bytes)));
                }
            } catch (LinuxException e) {
                // ENOBUFS: some were lost; each disk looks at its session from time to time.
                log.atWarn()
                        .addKeyValue("reason", e.getMessage())
                        .log("events of the kernel's initiator were lost; looking at all sessions");
            } catch (IllegalArgumentException e) {
                log.debug("a message that isn't ours", e);
            }
        }
    }

    private void dispatch(IscsiMessage message) {
        switch (message) {
            case IscsiMessage.PduReceived event -> tell(event.session(), event);
            case IscsiMessage.ConnectionLost event -> tell(event.session(), event);
            case IscsiMessage.SessionGone event -> tell(event.session(), event);
            case IscsiMessage.SessionUnbound event -> tell(event.session(), event);
            case IscsiMessage.Answer _, IscsiMessage.Other _ -> {}
        }
    }

    private void tell(int session, IscsiMessage event) {
        Listener listener = listeners.get(session);
        if (listener != null) {
            listener.received(event);
        }
    }

    /** Sessions go on without us. */
    @Override
    public void close() {
        closed = true;
        try {
            reader.join(2 * LOOK_FOR_STOP.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        events.close();
        requests.close();
    }
}
