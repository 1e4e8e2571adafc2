package dev.lunaria.e2e.deaths;

import dev.lunaria.iscsi.scsi.OperationCode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between initiators and a target's portal, and tells of each PDU before it goes on (RFC
 * 7143 §11.2: a basic header of 48 bytes says how long the rest is).
 *
 * <p>Two daemon threads a connection, which end with it: when one side is gone, the other is closed
 * as well. Pings aren't steps: they come when they like.
 */
final class IscsiRelay implements AutoCloseable {
    private static final int BASIC_HEADER = 48;
    private static final int BUFFER = 1 << 16;
    private static final int OPCODE = 0x3f;
    private static final int LOGIN_RESPONSE = 0x23;
    private static final int CDB = 32;

    private final ServerSocket listener;
    private final int target;
    private final Steps steps;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    private IscsiRelay(ServerSocket listener, int target, Steps steps) {
        this.listener = listener;
        this.target = target;
        this.steps = steps;
    }

    /** Listens at a free port of 127.0.0.1 and passes on to the other port there. */
    static IscsiRelay start(int target, Steps steps) throws IOException {
        var listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        var relay = new IscsiRelay(listener, target, steps);
        Thread.ofPlatform().daemon().name("iscsi-relay").start(relay::accept);
        return relay;
    }

    /** Where initiators connect. */
    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        connections.forEach(Connection::close);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket initiator = listener.accept();
                Thread.ofPlatform().daemon().name("iscsi-relay").start(() -> relay(initiator));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void relay(Socket initiator) {
        try (initiator;
                var server = new Socket()) {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            var connection = new Connection(initiator, server);
            connections.add(connection);
            try {
                Thread back =
                        Thread.ofPlatform()
                                .daemon()
                                .name("iscsi-relay-back")
                                .start(() -> connection.pump(server, initiator));
                connection.pump(initiator, server);
                back.join();
            } finally {
                connections.remove(connection);
            }
        } catch (IOException e) {
            // The target is away: the initiator sees its connection closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One connection; its digests are on once a login response has said so. */
    private final class Connection {
        private final Socket initiator;
        private final Socket server;
        private volatile int headerDigest;
        private volatile int dataDigest;
        private volatile boolean loggedIn;

        Connection(Socket initiator, Socket server) throws IOException {
            this.initiator = initiator;
            this.server = server;
            initiator.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        void close() {
            for (Socket socket : new Socket[] {initiator, server}) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // It is of no use any more, closed or not.
                }
            }
        }

        void pump(Socket from, Socket to) {
            try {
                var in =
                        new DataInputStream(new BufferedInputStream(from.getInputStream(), BUFFER));
                var out = new BufferedOutputStream(to.getOutputStream(), BUFFER);
                while (true) {
                    onePdu(in, out);
                    if (in.available() == 0) {
                        out.flush();
                    }
                }
            } catch (IOException e) {
                // One side is gone; so is the connection.
            } finally {
                close();
            }
        }

        private void onePdu(DataInputStream in, OutputStream out) throws IOException {
            byte[] header = in.readNBytes(BASIC_HEADER);
            if (header.length < BASIC_HEADER) {
                throw new IOException("the connection ends");
            }
            int data = (header[5] & 0xff) << 16 | (header[6] & 0xff) << 8 | (header[7] & 0xff);
            int rest = (header[4] & 0xff) * 4 + (data + 3) / 4 * 4;
            if (loggedIn) {
                rest += headerDigest + (data > 0 ? dataDigest : 0);
            }
            byte[] body = in.readNBytes(rest);
            if ((header[0] & OPCODE) == LOGIN_RESPONSE) {
                learn(header, new String(body, StandardCharsets.UTF_8));
            }
            String name = name(header);
            if (!name.isEmpty()) {
                // What came before must not wait for the blow.
                out.flush();
                steps.passing(name);
            }
            out.write(header);
            out.write(body);
        }

        /** Digests are on after the response that ends the login (RFC 7143 §11.13). */
        private void learn(byte[] response, String text) {
            if (text.contains("HeaderDigest=CRC32C")) {
                headerDigest = 4;
            }
            if (text.contains("DataDigest=CRC32C")) {
                dataDigest = 4;
            }
            boolean transit = (response[1] & 0x80) != 0;
            boolean fullFeature = (response[1] & 3) == 3;
            loggedIn = transit && fullFeature;
        }
    }

    /** A PDU's name (RFC 7143 §11.2.1.2), with a command's operation code; empty: no step. */
    private static String name(byte[] header) {
        return switch (header[0] & OPCODE) {
            case 0x01 -> command(header[CDB]) + " is sent";
            case 0x02 -> "a task management request is sent";
            case 0x03 -> "a login request is sent";
            case 0x05 -> "Data-Out is sent";
            case 0x06 -> "the logout is sent";
            case 0x21 -> "a SCSI response comes";
            case 0x22 -> "a task management response comes";
            case LOGIN_RESPONSE -> "a login response comes";
            case 0x25 -> "Data-In comes";
            case 0x26 -> "the logout response comes";
            case 0x31 -> "an R2T comes";
            case 0x32 -> "an asynchronous message comes";
            default -> "";
        };
    }

    private static String command(byte code) {
        OperationCode[] known = OperationCode.of(code & 0xff);
        return known.length == 0
                ? "command %02xh".formatted(code & 0xff)
                : known[0].name().replaceFirst("_(6|10|12|16)$", "");
    }
}
