package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.text.ConnectionParameters;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The session under test on its simulated node, with the driver that the real one has. */
final class SimInitiatorNode implements SessionDriver, SessionListener {
    private static final long TICK = 10_000_000;

    final InitiatorSession session;
    private final SimClock clock;
    private final SimTargetServer server;
    private @Nullable Connection connection;
    boolean calm;
    int logins;

    SimInitiatorNode(SimClock clock, SimTargetServer server, SessionSettings settings) {
        this.clock = clock;
        this.server = server;
        session = InitiatorSession.create(settings, this, this, clock::now, clock.random);
        tick();
    }

    private void tick() {
        session.tick();
        if (!session.state().isFinal()) {
            clock.after(TICK, this::tick);
        }
    }

    private final class Connection {
        final SimWire wire;
        final PduEncoder encoder = new PduEncoder();
        final PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();

        Connection(SimWire wire) {
            this.wire = wire;
            wire.initiator(this::received, this::lost);
        }

        private void received(ByteBuffer bytes) {
            try {
                while (connection == this) {
                    TargetPdu pdu = decoder.decode(bytes);
                    if (pdu == null) {
                        return;
                    }
                    session.received(pdu);
                }
            } catch (ProtocolException e) {
                throw new AssertionError("our own target sends rubbish", e);
            }
        }

        private void lost() {
            if (connection == this) {
                connection = null;
                session.disconnected("cut");
            }
        }
    }

    @Override
    public void connect(Portal portal) {
        boolean refused = !calm && clock.random.nextInt(5) == 0;
        long budget = calm ? Long.MAX_VALUE / 2 : 1L << clock.random.nextInt(7, 20);
        SimWire wire = new SimWire(clock, budget + clock.random.nextInt(64));
        Connection attempt = new Connection(wire);
        connection = attempt;
        clock.after(
                clock.random.nextInt(5_000_000),
                () -> {
                    if (connection != attempt) {
                        return;
                    }
                    if (refused) {
                        connection = null;
                        session.connectFailed("refused");
                    } else {
                        server.accept(wire);
                        session.connected();
                    }
                });
    }

    @Override
    public void negotiated(ConnectionParameters parameters) {
        Connection now = connection;
        if (now != null) {
            now.encoder.negotiated(parameters.digests());
            now.decoder.negotiated(parameters.digests(), parameters.maxRecvDataSegmentLength());
        }
    }

    @Override
    public void send(InitiatorPdu pdu) {
        Connection to = connection;
        if (to != null) {
            ByteBuffer out = ByteBuffer.allocate(to.encoder.encodedBytes(pdu));
            to.encoder.encode(pdu, out);
            to.wire.toTarget(out.flip());
        }
    }

    @Override
    public void disconnect() {
        Connection closed = connection;
        connection = null;
        if (closed != null) {
            closed.wire.cut();
        }
    }

    @Override
    public void loggedIn() {
        logins++;
        ByteBuffer into = ByteBuffer.allocate(SimTargetServer.BLOCK);
        Cdb read = new Cdb.Read(OperationCode.READ_16, 0, 1, false, false);
        session.probe(
                ScsiRequest.reading(0, read.encode(), into),
                outcome -> {
                    if (outcome instanceof ScsiOutcome.Good) {
                        session.open();
                    } else {
                        session.relogin("the probe failed");
                    }
                });
    }

    @Override
    public void stateChanged(SessionState state, String reason) {}

    @Override
    public void unitAttention(int additionalSenseCode, int qualifier) {}
}
