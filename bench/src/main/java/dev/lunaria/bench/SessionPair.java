package dev.lunaria.bench;

import dev.lunaria.iscsi.initiator.InitiatorSession;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.initiator.SessionDriver;
import dev.lunaria.iscsi.initiator.SessionListener;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.initiator.SessionState;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.target.CommandResult;
import dev.lunaria.iscsi.target.DataOutPool;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.Outbox;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionControl;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.iscsi.target.TargetConnection;
import dev.lunaria.iscsi.target.TargetEnvironment;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.DigestPreference;
import dev.lunaria.iscsi.text.OperationalWants;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An initiator's session and a target's connection, with two buffers for a network and 4 KiB of
 * memory for a disk.
 *
 * <p>Used by one thread, on which everything happens at once. Bounded by its two buffers.
 */
final class SessionPair {
    private static final int WIRE_BYTES = 64 << 10;
    private static final int BLOCK = 4096;

    private final Wire<InitiatorPdu> toTarget = new Wire<>(PduDecoder.forTarget());
    private final Wire<TargetPdu> toInitiator = new Wire<>(PduDecoder.forInitiator());
    private final InitiatorSession session;
    private final TargetConnection connection;
    private boolean connecting;
    private int outcome;

    /** One direction: what is sent lies there as bytes until it is decoded. */
    private static final class Wire<P extends Pdu> {
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(WIRE_BYTES);
        private final PduEncoder encoder = new PduEncoder();
        private final PduDecoder<P> decoder;

        private Wire(PduDecoder<P> decoder) {
            this.decoder = decoder;
        }

        private void deliver(Consumer<P> to) {
            ByteBuffer in = bytes.flip();
            try {
                for (P pdu = decoder.decode(in); pdu != null; pdu = decoder.decode(in)) {
                    to.accept(pdu);
                }
            } catch (ProtocolException e) {
                throw new IllegalStateException(e);
            }
            bytes.clear();
        }
    }

    private SessionPair(boolean digests) {
        DigestPreference preference =
                digests ? DigestPreference.CRC32C_PREFERRED : DigestPreference.NONE_PREFERRED;
        OperationalWants wants =
                OperationalWants.forInitiator().withDigests(preference, preference);
        SessionSettings settings =
                new SessionSettings(
                        List.of(new Portal("192.0.2.1", Portal.DEFAULT_PORT)),
                        "iqn.2026-11.dev.lunaria:bench",
                        "iqn.2026-11.dev.lunaria:target",
                        Isid.of("bench", "target", "0"),
                        Optional.empty(),
                        Optional.empty(),
                        wants,
                        RecoverySettings.DEFAULTS);
        connection =
                new TargetConnection(
                        environment(),
                        new TargetConnection.Link("192.0.2.2:1", "192.0.2.1:3260", 1),
                        new MemoryOutbox(),
                        Runnable::run);
        session =
                InitiatorSession.create(
                        settings,
                        new MemoryDriver(),
                        new Opener(),
                        System::nanoTime,
                        new SecureRandom());
    }

    /** Two machines that have logged in to each other. */
    static SessionPair loggedIn(boolean digests) {
        SessionPair pair = new SessionPair(digests);
        pair.session.start();
        pair.settle();
        if (pair.session.state() != SessionState.ONLINE) {
            throw new IllegalStateException("not online: " + pair.session.reason());
        }
        return pair;
    }

    /** Carries out one command; returns the bytes that it moved. */
    int carryOut(ScsiRequest request) {
        session.submit(
                request,
                ended ->
                        outcome =
                                switch (ended) {
                                    case ScsiOutcome.Good(int moved) -> moved;
                                    case ScsiOutcome.Failed failed ->
                                            throw new IllegalStateException(failed.message());
                                });
        settle();
        return outcome;
    }

    private void settle() {
        if (connecting) {
            connecting = false;
            session.connected();
        }
        while (toTarget.bytes.position() > 0 || toInitiator.bytes.position() > 0) {
            toTarget.deliver(connection::receive);
            toInitiator.deliver(session::received);
        }
    }

    private static TargetEnvironment environment() {
        OneLease lease = new OneLease();
        return new TargetEnvironment(
                new Everybody(),
                new OneDisk(),
                new SessionDirectory(1),
                OperationalWants.forTarget(),
                SessionBounds.DEFAULT,
                (bytes, whenFreed) -> lease,
                InstantSource.system(),
                new SecureRandom());
    }

    /** Lets the initiator's PDUs become bytes. */
    private final class MemoryDriver implements SessionDriver {
        @Override
        public void connect(Portal portal) {
            connecting = true;
        }

        @Override
        public void negotiated(ConnectionParameters parameters) {
            toInitiator.decoder.negotiated(
                    parameters.digests(), parameters.maxRecvDataSegmentLength());
            toTarget.encoder.negotiated(parameters.digests());
        }

        @Override
        public void send(InitiatorPdu pdu) {
            toTarget.encoder.encode(pdu, toTarget.bytes);
        }

        @Override
        public void disconnect() {
            // There is nothing to close.
        }
    }

    /** Lets the target's PDUs become bytes. */
    private final class MemoryOutbox implements Outbox {
        @Override
        public void send(TargetPdu pdu, Runnable sent) {
            toInitiator.encoder.encode(pdu, toInitiator.bytes);
            sent.run();
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void negotiated(Digests digests, int maxRecvDataSegmentLength) {
            toTarget.decoder.negotiated(digests, maxRecvDataSegmentLength);
            toInitiator.encoder.negotiated(digests);
        }

        @Override
        public void close() {
            throw new IllegalStateException("the target closes the connection");
        }

        @Override
        public void abort(Runnable closed) {
            throw new IllegalStateException("the target aborts the connection");
        }

        @Override
        public void refused(String what) {
            throw new IllegalStateException(what);
        }
    }

    /** Every unit is the right one. */
    private final class Opener implements SessionListener {
        @Override
        public void loggedIn() {
            session.open();
        }

        @Override
        public void stateChanged(SessionState state, String reason) {
            // Asked for afterwards.
        }

        @Override
        public void unitAttention(int code, int qualifier) {
            // There are none.
        }
    }

    /** Lets everybody in without a proof. */
    private static final class Everybody implements LoginAuthority {
        private record Free() implements Grant {}

        @Override
        public Decision decide(Attempt attempt) {
            return new Decision.Granted(new Free(), null, null);
        }

        @Override
        public boolean hasSession(int tsih) {
            return false;
        }
    }

    /** One target with a disk of one block. */
    private static final class OneDisk implements ServedTargets {
        @Override
        public @Nullable DeviceServer open(LoginAuthority.Grant grant, Nexus nexus) {
            return new OneBlock();
        }

        @Override
        public List<String> grantedTo(String initiatorName) {
            return List.of();
        }
    }

    /** Answers every command GOOD at once, reads with the same block. */
    private static final class OneBlock implements DeviceServer {
        private final Payload block = new Payload.Bytes(ByteBuffer.allocateDirect(BLOCK));
        private final Payload nothing = new Payload.Bytes(Pdu.NO_DATA);

        @Override
        public Admission admit(ScsiCommand command) {
            return new Admission.Accepted(command.write() ? BLOCK : 0);
        }

        @Override
        public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
            Payload in = command.read() ? block : nothing;
            completion.complete(new CommandResult(0, Pdu.NO_DATA, in, () -> {}));
        }

        @Override
        public void begin(SessionControl session) {
            // Nothing is asked of it.
        }

        @Override
        public void manage(UnitFunction function, Runnable done) {
            done.run();
        }

        @Override
        public void loggedOut() {
            // Nothing is kept.
        }

        @Override
        public void nexusLost() {
            // Nothing is kept.
        }
    }

    /** Memory for the one write that is under way. */
    private static final class OneLease implements DataOutPool.Lease {
        private final ByteBuffer memory = ByteBuffer.allocateDirect(BLOCK);

        @Override
        public ByteBuffer buffer() {
            return memory;
        }

        @Override
        public void release() {
            // The next one gets it.
        }
    }
}
