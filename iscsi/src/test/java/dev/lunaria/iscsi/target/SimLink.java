package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * A TCP connection of a simulation: both directions in order, each with delays, and a loss that
 * either side notices in its own time. What the initiator sent before may still arrive after it.
 */
final class SimLink implements Outbox {
    private final SimWorld world;
    private final SimInitiator initiator;
    private final TargetConnection connection;
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private boolean inTurn;
    private boolean workScheduled;
    private boolean cut;
    private boolean targetClosed;
    private boolean cutOff;
    private long lastToTarget;
    private long lastToInitiator;
    private int outbound;
    private boolean full;

    SimLink(SimTarget target, SimInitiator initiator) {
        this.world = target.world;
        this.initiator = initiator;
        Executor loop = this::execute;
        this.connection =
                new TargetConnection(target.environment, portal(world.between(1, 2)), this, loop);
    }

    private static TargetConnection.Link portal(int number) {
        return new TargetConnection.Link("sim", "127.0.0.1:" + (3260 + number), number);
    }

    private void execute(Runnable task) {
        if (inTurn) {
            task.run();
            return;
        }
        work.add(task);
        if (!workScheduled) {
            workScheduled = true;
            world.in(world.between(0, 5), this::drainWork);
        }
    }

    private void drainWork() {
        workScheduled = false;
        turn(() -> {
            while (!work.isEmpty()) {
                work.remove().run();
            }
        });
    }

    private void turn(Runnable task) {
        inTurn = true;
        try {
            task.run();
        } finally {
            inTurn = false;
        }
    }

    /** The initiator sends. */
    void toTarget(InitiatorPdu pdu) {
        lastToTarget = Math.max(lastToTarget, world.now() + world.between(0, 8));
        world.at(
                lastToTarget,
                () -> {
                    if (!targetClosed) {
                        turn(() -> connection.receive(pdu));
                    }
                });
    }

    /** The connection is lost for the initiator now, for the target after a while. */
    void cut() {
        cut = true;
        lastToTarget = Math.max(lastToTarget, world.now() + world.between(0, 300));
        world.at(lastToTarget, this::closedAtTarget);
    }

    private void closedAtTarget() {
        if (!targetClosed) {
            targetClosed = true;
            turn(connection::closed);
        }
    }

    void timer() {
        turn(connection::timer);
    }

    void stop() {
        turn(connection::stop);
    }

    @Override
    public void send(TargetPdu pdu, Runnable sent) {
        initiator.targetSays(this, pdu);
        outbound++;
        full = outbound > 6;
        lastToInitiator = Math.max(lastToInitiator, world.now() + world.between(0, 8));
        world.at(
                lastToInitiator,
                () -> {
                    TargetPdu arrived = withOwnBytes(pdu);
                    outbound--;
                    sent.run();
                    if (full && outbound < 3) {
                        full = false;
                        turn(connection::writable);
                    }
                    if (!cut && !cutOff) {
                        initiator.receive(this, arrived);
                    }
                });
    }

    private static TargetPdu withOwnBytes(TargetPdu pdu) {
        if (!(pdu instanceof DataIn in) || !(in.payload() instanceof Payload.Bytes(var bytes))) {
            return pdu;
        }
        ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
        return new DataIn(
                in.last(),
                in.acknowledge(),
                in.withStatus(),
                in.status(),
                in.lun(),
                in.initiatorTaskTag(),
                in.targetTransferTag(),
                in.statSn(),
                in.expCmdSn(),
                in.maxCmdSn(),
                in.dataSn(),
                in.bufferOffset(),
                in.residual(),
                new Payload.Bytes(copy));
    }

    @Override
    public boolean writable() {
        return !full;
    }

    @Override
    public void negotiated(Digests digests, int maxRecvDataSegmentLength) {}

    @Override
    public void close() {
        lastToInitiator = Math.max(lastToInitiator, world.now() + world.between(0, 8));
        world.at(
                lastToInitiator,
                () -> {
                    if (!cut) {
                        cut();
                        initiator.closed(this);
                    }
                });
    }

    @Override
    public void abort(Runnable closed) {
        world.in(
                world.between(0, 8),
                () -> {
                    cutOff = true;
                    closedAtTarget();
                    turn(closed);
                });
        close();
    }

    @Override
    public void refused(String what) {}
}
