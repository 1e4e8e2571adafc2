package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** A full-feature phase with everything around it in memory, and PDUs to drive it. */
final class Rig {
    static final int FIRST_CMD_SN = 100;
    static final int FIRST_STAT_SN = 7;

    final MemoryDevice device = new MemoryDevice(4096);
    final RecordedOutbox out = new RecordedOutbox();
    final MemoryPool pool;
    final FullFeaturePhase phase;
    int cmdSn = FIRST_CMD_SN;
    int tag = 1;

    Rig(SessionLimits limits) {
        this(limits, new SessionBounds(8, 1 << 20), 1 << 20);
    }

    Rig(SessionLimits limits, SessionBounds bounds, int poolBytes) {
        pool = new MemoryPool(poolBytes);
        phase =
                new FullFeaturePhase(
                        new FullFeaturePhase.Start("iqn.t", 1, FIRST_CMD_SN, FIRST_STAT_SN, limits),
                        bounds,
                        device,
                        pool,
                        () -> List.of(new GrantedTarget("iqn.t", List.of("127.0.0.1:3260,1"))),
                        new AtomicInteger(),
                        out,
                        Runnable::run);
    }

    static SessionLimits limits(boolean initialR2t, int maxOutstandingR2t) {
        return new SessionLimits(4096, 8192, 4096, initialR2t, true, maxOutstandingR2t);
    }

    static ByteBuffer pattern(int bytes, int seed) {
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        return ByteBuffer.wrap(data);
    }

    static ByteBuffer cdb(int opcode, int lba, int blocks) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) opcode).putInt(2, lba).putShort(7, (short) blocks);
        return cdb;
    }

    ScsiCommand read(int lba, int blocks, int expected) {
        return command(
                true, false, true, expected, cdb(MemoryDevice.READ_10, lba, blocks), Pdu.NO_DATA);
    }

    ScsiCommand write(int lba, int blocks, int expected, boolean last, ByteBuffer immediate) {
        return command(
                false, true, last, expected, cdb(MemoryDevice.WRITE_10, lba, blocks), immediate);
    }

    ScsiCommand command(
            boolean read,
            boolean write,
            boolean last,
            int expected,
            ByteBuffer cdb,
            ByteBuffer immediate) {
        return new ScsiCommand(
                false,
                last,
                read,
                write,
                TaskAttribute.SIMPLE,
                0,
                tag++,
                expected,
                cmdSn++,
                0,
                cdb,
                0,
                immediate);
    }

    /** Answers an R2T whole, in segments. */
    void answer(ReadyToTransfer r2t, ByteBuffer all, int segment) {
        int sn = 0;
        for (int at = 0; at < r2t.desiredDataTransferLength(); at += segment) {
            int bytes = Math.min(segment, r2t.desiredDataTransferLength() - at);
            boolean last = at + bytes == r2t.desiredDataTransferLength();
            phase.receive(
                    data(
                            r2t.initiatorTaskTag(),
                            r2t.targetTransferTag(),
                            last,
                            sn++,
                            r2t.bufferOffset() + at,
                            all.slice(r2t.bufferOffset() + at, bytes)));
        }
    }

    static DataOut data(
            int tag, int transferTag, boolean last, int dataSn, int offset, ByteBuffer data) {
        return new DataOut(last, 0, tag, transferTag, 0, dataSn, offset, data);
    }

    TaskManagementRequest manage(int function, int referencedTag, int refCmdSn) {
        return new TaskManagementRequest(
                true, function, 0, tag++, referencedTag, cmdSn, 0, refCmdSn, 0);
    }
}
