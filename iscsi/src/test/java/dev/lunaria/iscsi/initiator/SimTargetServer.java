package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
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
import dev.lunaria.iscsi.text.DigestPreference;
import dev.lunaria.iscsi.text.OperationalWants;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target's machine over a store in memory that answers late and in any order, and now and then
 * with BUSY or a unit attention. One thread.
 */
final class SimTargetServer implements LoginAuthority, ServedTargets, DataOutPool {
    static final int BLOCK = 512;
    private static final int READ_16 = 0x88;
    private static final int WRITE_16 = 0x8a;
    private static final int MAX_STORE_DELAY = 20_000_000;

    private final SimClock clock;
    private final byte[] store;
    private final ChapCredential initiator;
    private final ChapCredential target;
    private final OperationalWants wants;
    private final int queueDepth;
    private final List<SimWire> wires = new ArrayList<>();
    private TargetEnvironment environment;

    /** Rises with each restart: what an earlier process had begun never ends. */
    private int process;

    boolean calm;
    boolean revoked;
    int writesApplied;

    private record TheGrant() implements Grant {}

    SimTargetServer(SimClock clock, int blocks, ChapCredential initiator, ChapCredential target) {
        this.clock = clock;
        this.initiator = initiator;
        this.target = target;
        store = new byte[blocks * BLOCK];
        queueDepth = 1 + clock.random.nextInt(32);
        wants = wants();
        environment = environment();
    }

    private OperationalWants wants() {
        int first = 512 << clock.random.nextInt(4);
        return new OperationalWants(
                DigestPreference.NONE,
                DigestPreference.NONE,
                clock.random.nextBoolean(),
                clock.random.nextBoolean(),
                512 << clock.random.nextInt(4),
                first << clock.random.nextInt(3),
                first,
                1 + clock.random.nextInt(2),
                0,
                0);
    }

    private TargetEnvironment environment() {
        return new TargetEnvironment(
                this,
                this,
                new SessionDirectory(100),
                wants,
                new SessionBounds(queueDepth, 16384),
                this,
                InstantSource.system(),
                clock.random);
    }

    /** SIGKILL and a start: connections break, what was on its way to the store is gone. */
    void restart() {
        process++;
        environment = environment();
        wires.forEach(SimWire::cut);
        wires.clear();
    }

    byte[] store() {
        return store;
    }

    void accept(SimWire wire) {
        wires.removeIf(SimWire::isCut);
        wires.add(wire);
        new Connection(wire, process);
    }

    /** One connection with its codec. */
    private final class Connection implements Outbox {
        private final SimWire wire;
        private final int bornIn;
        private final PduEncoder encoder = new PduEncoder();
        private final PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
        private final TargetConnection machine;

        Connection(SimWire wire, int bornIn) {
            this.wire = wire;
            this.bornIn = bornIn;
            machine =
                    new TargetConnection(
                            environment,
                            new TargetConnection.Link("peer", "portal:3260", 1),
                            this,
                            task -> clock.inOrder(() -> ifAlive(task)));
            wire.target(this::received, () -> ifAlive(machine::closed));
        }

        private void ifAlive(Runnable task) {
            if (bornIn == process) {
                task.run();
            }
        }

        private void received(ByteBuffer bytes) {
            if (bornIn != process) {
                return;
            }
            try {
                InitiatorPdu pdu = decoder.decode(bytes);
                while (pdu != null) {
                    machine.receive(pdu);
                    pdu = decoder.decode(bytes);
                }
            } catch (ProtocolException e) {
                throw new AssertionError("our own initiator sends rubbish", e);
            }
        }

        @Override
        public void send(TargetPdu pdu, Runnable sent) {
            ByteBuffer out = ByteBuffer.allocate(encoder.encodedBytes(pdu));
            encoder.encode(pdu, out);
            wire.toInitiator(out.flip());
            clock.inOrder(() -> ifAlive(sent));
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void negotiated(Digests digests, int maxRecvDataSegmentLength) {
            decoder.negotiated(digests, maxRecvDataSegmentLength);
            encoder.negotiated(digests);
        }

        @Override
        public void close() {
            wire.closeByTarget();
        }

        @Override
        public void abort(Runnable closed) {
            wire.cut();
            clock.inOrder(() -> ifAlive(closed));
        }

        @Override
        public void refused(String what) {
            if (!revoked) {
                throw new AssertionError("the target refuses: " + what);
            }
        }
    }

    @Override
    public Decision decide(Attempt attempt) {
        return revoked
                ? new Decision.Refused(LoginStatus.AUTHORIZATION_FAILURE, "revoked")
                : new Decision.Granted(new TheGrant(), initiator, target);
    }

    @Override
    public boolean hasSession(int tsih) {
        return environment.directory().has(tsih);
    }

    @Override
    public @Nullable DeviceServer open(Grant grant, Nexus nexus) {
        return revoked ? null : new Device(process);
    }

    @Override
    public List<String> grantedTo(String initiatorName) {
        return List.of();
    }

    /** Fences: afterwards nothing more is written. */
    void revoke(Runnable done) {
        revoked = true;
        var _ = environment.directory().end(s -> true).thenRun(done);
    }

    @Override
    public Lease take(int bytes, Runnable whenFreed) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        return new Lease() {
            @Override
            public ByteBuffer buffer() {
                return buffer;
            }

            @Override
            public void release() {
                for (int i = 0; i < buffer.capacity(); i++) {
                    buffer.put(i, (byte) 0xee); // Whoever still reads it reads rubbish.
                }
            }
        };
    }

    /** The device server of one session. */
    private final class Device implements DeviceServer {
        private final int bornIn;

        Device(int bornIn) {
            this.bornIn = bornIn;
        }

        @Override
        public Admission admit(ScsiCommand command) {
            boolean write = (command.cdb().get(0) & 0xff) == WRITE_16;
            return new Admission.Accepted(write ? length(command) : 0);
        }

        @Override
        public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
            boolean slow = !calm && clock.random.nextInt(8) == 0;
            clock.after(
                    clock.random.nextInt(slow ? 100 * MAX_STORE_DELAY : MAX_STORE_DELAY),
                    () -> {
                        if (bornIn == process) {
                            completion.complete(carryOut(command, dataOut));
                        }
                    });
        }

        private CommandResult carryOut(ScsiCommand command, ByteBuffer dataOut) {
            if (!calm && clock.random.nextInt(20) == 0) {
                return clock.random.nextBoolean()
                        ? result(ScsiStatus.BUSY, Pdu.NO_DATA, Pdu.NO_DATA)
                        : result(
                                ScsiStatus.CHECK_CONDITION,
                                SenseData.of(SenseKey.UNIT_ATTENTION, AdditionalSense.DEVICE_RESET)
                                        .encodeFixed(),
                                Pdu.NO_DATA);
            }
            int offset = (int) command.cdb().getLong(2) * BLOCK;
            return switch (command.cdb().get(0) & 0xff) {
                case READ_16 ->
                        result(
                                ScsiStatus.GOOD,
                                Pdu.NO_DATA,
                                ByteBuffer.wrap(store.clone(), offset, length(command)));
                case WRITE_16 -> {
                    dataOut.get(dataOut.position(), store, offset, dataOut.remaining());
                    writesApplied++;
                    yield result(ScsiStatus.GOOD, Pdu.NO_DATA, Pdu.NO_DATA);
                }
                default -> throw new AssertionError("a command that nobody sent");
            };
        }

        private static int length(ScsiCommand command) {
            return command.cdb().getInt(10) * BLOCK;
        }

        private static CommandResult result(ScsiStatus status, ByteBuffer sense, ByteBuffer data) {
            return new CommandResult(status.code(), sense, new Payload.Bytes(data), () -> {});
        }

        @Override
        public void begin(SessionControl session) {}

        @Override
        public void manage(UnitFunction function, Runnable done) {
            clock.after(MAX_STORE_DELAY, done);
        }

        @Override
        public void nexusLost() {}
    }
}
