package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.TargetLogin;
import dev.lunaria.iscsi.login.TargetStep;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.IscsiMessage;
import dev.lunaria.linux.IscsiParameter;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Sysfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A kernel's initiator in memory, with the target behind it: sessions with the rules in which the
 * real one keeps to its order (libiscsi.c, scsi_transport_iscsi.c), a sysfs in a folder, and real
 * logins at the target's side. Any thread.
 */
final class SimulatedKernel implements KernelInitiator {
    private static final int KERNELS_TASK_TAG = 0x1f000003;

    private final Path sys;
    private final Map<Integer, Session> sessions = new TreeMap<>();
    private final Map<Integer, Listener> listeners = new TreeMap<>();
    private final List<String> calls = new ArrayList<>();
    private final LoginAuthority authority;
    private int lastSession;
    private boolean portalUp = true;
    private List<Portal> portals = List.of();

    private static final class Session {
        final Map<IscsiParameter, String> parameters = new EnumMap<>(IscsiParameter.class);
        boolean bound;
        boolean started;
        boolean mustBeSuspended;
        boolean loggedIn;
        @Nullable TargetLogin login;
    }

    private record PortalLink(Portal portal) implements Link {
        @Override
        public void close() {}
    }

    SimulatedKernel(Path sys, LoginAuthority authority) {
        this.sys = sys;
        this.authority = authority;
    }

    SessionTree tree() {
        return new SessionTree(new Sysfs(sys));
    }

    /** What was done, one word a call. */
    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    synchronized Map<IscsiParameter, String> parameters(int session) {
        return Map.copyOf(of(session).parameters);
    }

    synchronized boolean has(int session) {
        return sessions.containsKey(session);
    }

    synchronized boolean flows(int session) {
        return sessions.containsKey(session) && of(session).started;
    }

    /** Portals that answer; none named: all. */
    synchronized void answerAt(Portal... some) {
        portals = List.of(some);
    }

    /** The target's machine goes, or comes back. */
    synchronized void targetIsUp(boolean up) {
        portalUp = up;
    }

    /** A connection breaks, and the kernel says so. */
    void breakConnection(int session, int code) {
        Listener listener;
        synchronized (this) {
            Session broken = of(session);
            broken.started = false;
            broken.mustBeSuspended = true;
            attribute(session, "state", "FAILED");
            listener = listeners.get(session);
        }
        if (listener != null) {
            listener.received(new IscsiMessage.ConnectionLost(session, 0, code));
        }
    }

    @Override
    public synchronized Link connect(Portal portal, Duration within) throws IOException {
        boolean answers = portalUp && (portals.isEmpty() || portals.contains(portal));
        calls.add("connect " + portal);
        if (!answers) {
            throw new LinuxException("connect", Errno.ECONNREFUSED, portal.toString());
        }
        return new PortalLink(portal);
    }

    @Override
    public synchronized Numbers createSession(int commands, int queueDepth) {
        int number = ++lastSession;
        calls.add("create");
        sessions.put(number, new Session());
        try {
            Files.createDirectories(
                    sys.resolve("class/iscsi_host/host" + number + "/device")
                            .resolve("session" + number));
            Files.createDirectories(sys.resolve("class/iscsi_session/session" + number));
            Path connection =
                    Files.createDirectories(
                            sys.resolve("class/iscsi_connection/connection" + number + ":0"));
            Files.writeString(connection.resolve("exp_statsn"), "77\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        attribute(number, "state", "FREE");
        attribute(number, "creator", "-1");
        return new Numbers(number, number);
    }

    @Override
    public synchronized void listen(int session, Listener listener) {
        listeners.put(session, listener);
    }

    @Override
    public synchronized void forget(int session) {
        listeners.remove(session);
    }

    @Override
    public synchronized void bind(int session, Link link) throws IOException {
        calls.add("bind");
        Session bound = of(session);
        // The rule of every iSCSI daemon: STOP_CONN before each BIND but the first.
        if (bound.bound || bound.mustBeSuspended) {
            throw new LinuxException("bind", Errno.EINVAL, "not suspended before");
        }
        bound.bound = true;
        bound.login =
                new TargetLogin(authority, OperationalWants.forTarget(), 1, 32, new Random(1));
    }

    @Override
    public synchronized void set(int session, IscsiParameter parameter, String value)
            throws IOException {
        Session changed = of(session);
        if (!changed.bound) {
            throw new LinuxException("set", Errno.ENOTCONN, parameter.name());
        }
        changed.parameters.put(parameter, value);
        switch (parameter) {
            case TARGET_NAME -> attribute(session, "targetname", value);
            case INITIATOR_NAME -> attribute(session, "initiatorname", value);
            case INTERFACE_NAME -> attribute(session, "ifacename", value);
            default -> {}
        }
    }

    @Override
    public void send(int session, ByteBuffer pdu) throws IOException {
        Listener listener;
        ByteBuffer answer;
        synchronized (this) {
            Session sender = of(session);
            if (!sender.bound) {
                throw new LinuxException("send", Errno.ENOTCONN, "session " + session);
            }
            answer = answer(sender, pdu);
            listener = listeners.get(session);
        }
        if (listener != null) {
            listener.received(new IscsiMessage.PduReceived(session, 0, answer));
        }
    }

    private static ByteBuffer answer(Session session, ByteBuffer bytes) throws IOException {
        try {
            InitiatorPdu pdu = PduDecoder.forTarget().decode(bytes.duplicate());
            TargetLogin login = session.login;
            if (pdu == null || login == null) {
                throw new IOException("no login under way, or a PDU that is cut off");
            }
            TargetPdu response =
                    switch (login.receive(pdu)) {
                        case TargetStep.Reply reply -> reply.response();
                        case TargetStep.Refused refused -> refused.response();
                        case TargetStep.Established _ -> {
                            session.loggedIn = true;
                            yield login.accept(1);
                        }
                    };
            var encoder = new PduEncoder();
            ByteBuffer out = ByteBuffer.allocate(encoder.encodedBytes(response));
            encoder.encode(response, out);
            // As the kernel hands it over: without padding, and with its own task tag.
            int data = PduEncoder.dataBytes(response);
            return out.flip().putInt(16, KERNELS_TASK_TAG).limit(48 + data);
        } catch (ProtocolException e) {
            throw new IOException(e);
        }
    }

    @Override
    public synchronized void start(int session) throws IOException {
        calls.add("start");
        Session starting = of(session);
        if (!starting.loggedIn) {
            throw new LinuxException("start", Errno.EINVAL, "not logged in");
        }
        starting.started = true;
        attribute(session, "state", "LOGGED_IN");
    }

    @Override
    public synchronized void suspend(int session) throws IOException {
        calls.add("suspend");
        Session stopped = of(session);
        stopped.bound = false;
        stopped.started = false;
        stopped.loggedIn = false;
        stopped.mustBeSuspended = false;
    }

    @Override
    public void unbind(int session) throws IOException {
        Listener listener;
        synchronized (this) {
            calls.add("unbind");
            of(session);
            listener = listeners.get(session);
        }
        if (listener != null) {
            listener.received(new IscsiMessage.SessionUnbound(session));
        }
    }

    @Override
    public synchronized void destroy(int session) throws IOException {
        calls.add("destroy");
        of(session);
        sessions.remove(session);
        Path folder = sys.resolve("class/iscsi_session/session" + session);
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private Session of(int session) {
        Session found = sessions.get(session);
        if (found == null) {
            throw new AssertionError("no session " + session);
        }
        return found;
    }

    private void attribute(int session, String name, String value) {
        try {
            Files.writeString(
                    sys.resolve("class/iscsi_session/session" + session).resolve(name),
                    value + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
