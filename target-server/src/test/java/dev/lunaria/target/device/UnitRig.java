package dev.lunaria.target.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.target.CommandResult;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.DeviceServer.Admission;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.SessionControl;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A unit of 4 MiB on a store in memory, with a clock and a pool that the test moves; one thread.
 */
final class UnitRig {
    static final long BYTES = 4 << 20;
    static final int BLOCK = 512;
    static final long BLOCKS = BYTES / BLOCK;
    static final UUID ID = UUID.fromString("0c7be1fc-7711-4c2a-9d65-2c1d86a61f5e");
    static final String TARGET = "iqn.2026-11.dev.lunaria:pool:" + ID;

    /** Every initiator's. */
    static final long ISID = 0x80_0000_000001L;

    private static final long BUFFER_BYTES = 64 << 20;
    private static final long SECONDS = 30;

    final MemoryBlockStore store = new MemoryBlockStore(BYTES);
    final MemoryFormatStates formats = new MemoryFormatStates();
    final MemoryReservations reservations = new MemoryReservations();
    final PooledBuffers buffers = new PooledBuffers(BUFFER_BYTES);
    final ArrayDeque<Runnable> pool = new ArrayDeque<>();
    final LogicalUnit unit;
    boolean poolHeld;
    Instant now = Instant.EPOCH;

    UnitRig() {
        this(true);
    }

    UnitRig(boolean freshHost) {
        unit =
                new LogicalUnit(
                        new UnitIdentity(ID, TARGET),
                        BlockGeometry.EMULATED_512,
                        store,
                        formats,
                        reservations,
                        new UnitResources(buffers, this::execute, () -> now, Set.of(1, 2)),
                        freshHost);
    }

    private void execute(Runnable action) {
        if (poolHeld) {
            pool.add(action);
        } else {
            action.run();
        }
    }

    /** Runs what waits for the pool, and holds nothing any more. */
    void releasePool() {
        poolHeld = false;
        while (!pool.isEmpty()) {
            pool.remove().run();
        }
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** Data in use: what is written from now on doesn't change the format state. */
    UnitRig inUse() {
        formats.set(FormatState.BLANK.inUse());
        return this;
    }

    /** A nexus of a node at epoch 1, its first unit attention already seen. */
    Initiator login(String node) {
        Initiator initiator = loginFresh(node, 1, false);
        initiator.send(new Cdb.TestUnitReady());
        return initiator;
    }

    /** A nexus just logged in. */
    Initiator loginFresh(String node, long epoch, boolean readOnly) {
        return loginFresh(node, epoch, readOnly, 1);
    }

    /** The same through a portal. */
    Initiator loginFresh(String node, long epoch, boolean readOnly, int portalGroupTag) {
        Nexus nexus = new Nexus("iqn.2026-11.dev.lunaria:" + node, ISID, TARGET, portalGroupTag);
        NexusGrant grant = new NexusGrant(node, epoch, readOnly);
        return new Initiator(unit.attach(nexus, grant), grant);
    }

    /** Direct, filled with one byte. */
    static ByteBuffer filled(int bytes, int value) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        while (buffer.hasRemaining()) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }

    /** What came back. */
    static final class Outcome {
        private final CountDownLatch completed = new CountDownLatch(1);
        private volatile @Nullable CommandResult result;
        private volatile int completions;

        private synchronized void complete(CommandResult answer) {
            result = answer;
            completions++;
            completed.countDown();
        }

        /** Waits where another thread completes it. */
        Outcome await() {
            try {
                assertThat(completed.await(SECONDS, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return this;
        }

        boolean isThere() {
            return result != null;
        }

        CommandResult result() {
            CommandResult answer = result;
            if (answer == null || completions != 1) {
                throw new AssertionError(completions + " completions");
            }
            return answer;
        }

        int status() {
            return result().status();
        }

        SenseData sense() {
            return SenseData.parse(result().sense());
        }

        /** Bytes that were read; gives back what is behind them. */
        byte[] data() {
            byte[] bytes = new byte[result().dataIn().length()];
            if (!(result().dataIn() instanceof Payload.Bytes(ByteBuffer buffer))) {
                throw new AssertionError("not in memory");
            }
            buffer.get(buffer.position(), bytes);
            result().release().run();
            return bytes;
        }

        ByteBuffer buffer() {
            return ByteBuffer.wrap(data());
        }
    }

    /** One nexus's side: sends commands as a session would. */
    static final class Initiator {
        final DeviceServer device;
        final NexusGrant grant;

        /** How often others had this session's tasks aborted, and who waits for them to drain. */
        int aborted;

        final ArrayDeque<Runnable> draining = new ArrayDeque<>();
        boolean holdingDrain;
        boolean ended;

        private Initiator(DeviceServer device, NexusGrant grant) {
            this.device = device;
            this.grant = grant;
            device.begin(
                    new SessionControl() {
                        @Override
                        public void abortTasks(Runnable drained) {
                            aborted++;
                            if (holdingDrain) {
                                draining.add(drained);
                            } else {
                                drained.run();
                            }
                        }

                        @Override
                        public void end() {
                            ended = true;
                        }
                    });
        }

        Outcome send(Cdb cdb) {
            return send(cdb, ByteBuffer.allocateDirect(0));
        }

        Outcome send(Cdb cdb, ByteBuffer dataOut) {
            return send(0, cdb.encode(), dataOut);
        }

        /** Sends a command, and its data only after something else has happened. */
        Outcome sendLater(Cdb cdb, ByteBuffer dataOut, Runnable meanwhile) {
            return send(0, cdb.encode(), dataOut, meanwhile);
        }

        Outcome send(long lun, ByteBuffer cdb, ByteBuffer dataOut) {
            return send(lun, cdb, dataOut, () -> {});
        }

        private Outcome send(long lun, ByteBuffer cdb, ByteBuffer dataOut, Runnable meanwhile) {
            ScsiCommand command =
                    new ScsiCommand(
                            false,
                            true,
                            !dataOut.hasRemaining(),
                            dataOut.hasRemaining(),
                            TaskAttribute.SIMPLE,
                            lun,
                            1,
                            dataOut.remaining(),
                            1,
                            1,
                            cdb,
                            0,
                            Pdu.NO_DATA);
            Outcome outcome = new Outcome();
            switch (device.admit(command)) {
                case Admission.Refused(CommandResult result) -> outcome.complete(result);
                case Admission.Accepted(int bytes) -> {
                    meanwhile.run();
                    device.execute(
                            command,
                            dataOut.slice(0, Math.min(bytes, dataOut.remaining())),
                            outcome::complete);
                }
            }
            return outcome;
        }
    }
}
