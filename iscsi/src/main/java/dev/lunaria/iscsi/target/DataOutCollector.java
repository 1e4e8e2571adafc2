package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.target.DataOutPool.Lease;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Puts one command's Data-Out together: immediate data, unsolicited Data-Out, and the sequences
 * that R2Ts ask for (RFC 7143 §4.2.5.2, §11.7, §11.8), all in order.
 *
 * <p>Owned by the session's event loop. Bounded by the buffer it is granted; what comes unsolicited
 * before that by FirstBurstLength.
 */
final class DataOutCollector {

    /** An R2T that is to be sent: TTT is the caller's. Lengths in bytes. */
    record Request(int targetTransferTag, int r2tSn, int offset, int length) {}

    private static final class Burst {
        private final Request request;
        private int dataSn;

        private Burst(Request request) {
            this.request = request;
        }

        private int end() {
            return request.offset + request.length;
        }
    }

    private final SessionLimits limits;
    private final int wanted;
    private final long expected;
    private final ArrayDeque<Burst> bursts = new ArrayDeque<>(1);
    private @Nullable Lease lease;
    private @Nullable ByteBuffer early;
    private boolean unsolicitedOpen;
    private int unsolicitedSn;

    /** Offset of the next byte that is to arrive. */
    private int next;

    /** Up to where data has been asked for or came by itself. */
    private int asked;

    private int r2tSn;

    /**
     * @param wanted how many bytes the command needs, at most {@code expected}
     * @param expected ExpectedDataTransferLength in bytes
     */
    DataOutCollector(SessionLimits limits, ScsiCommand command, int wanted, long expected) {
        this.limits = limits;
        this.wanted = wanted;
        this.expected = expected;
        this.unsolicitedOpen = command.write() && !command.last();
    }

    /** What a command's immediate data breaks, before anything of it is kept. */
    static @Nullable DataViolation check(SessionLimits limits, ScsiCommand command) {
        int immediate = command.data().remaining();
        boolean more = command.write() && !command.last();
        boolean immediateAllowed = limits.immediateData() && command.write();
        if ((immediate > 0 && !immediateAllowed) || (more && limits.initialR2t())) {
            return DataViolation.UNEXPECTED_UNSOLICITED_DATA;
        }
        long expected = Integer.toUnsignedLong(command.expectedDataTransferLength());
        if (immediate > Math.min(limits.firstBurst(), expected)) {
            return DataViolation.INCORRECT_AMOUNT_OF_DATA;
        }
        return null;
    }

    int wanted() {
        return wanted;
    }

    /** Whether data may come before a buffer is granted. */
    boolean expectsUnsolicited() {
        return unsolicitedOpen;
    }

    /** How much memory unsolicited data may need before the buffer is granted, in bytes. */
    int earlyBytes() {
        return Math.min(wanted, limits.firstBurst());
    }

    /** Memory for unsolicited data that comes before the buffer does. */
    void keepEarlyIn(ByteBuffer memory) {
        early = memory;
    }

    /** The buffer for all of the data; takes over what came before it. */
    void granted(Lease granted) {
        lease = granted;
        ByteBuffer before = early;
        if (before != null) {
            granted.buffer().put(0, before, 0, Math.min(next, before.capacity()));
            early = null;
        }
    }

    /** The buffer, which from now on is the caller's to give back; null if none was granted. */
    @Nullable Lease takeBuffer() {
        Lease taken = lease;
        lease = null;
        return taken;
    }

    /** Whether everything that was to come has come. */
    boolean isComplete() {
        return next >= wanted && !unsolicitedOpen && bursts.isEmpty() && lease != null;
    }

    void immediate(ByteBuffer data) {
        store(data);
        asked = next;
    }

    /** Takes a Data-Out PDU of this command. Returns what it breaks, if anything. */
    @Nullable DataViolation accept(DataOut pdu) {
        return pdu.targetTransferTag() == Pdu.RESERVED_TAG ? unsolicited(pdu) : solicited(pdu);
    }

    private @Nullable DataViolation unsolicited(DataOut pdu) {
        int bytes = pdu.data().remaining();
        if (!unsolicitedOpen || next + (long) bytes > Math.min(limits.firstBurst(), expected)) {
            return DataViolation.UNEXPECTED_UNSOLICITED_DATA;
        }
        DataViolation violation = order(pdu, unsolicitedSn++);
        if (violation != null) {
            return violation;
        }
        store(pdu.data());
        asked = next;
        unsolicitedOpen = !pdu.last();
        return null;
    }

    private @Nullable DataViolation solicited(DataOut pdu) {
        Burst burst = bursts.peek();
        if (burst == null || burst.request.targetTransferTag != pdu.targetTransferTag()) {
            return DataViolation.DATA_PHASE_ERROR;
        }
        DataViolation violation = order(pdu, burst.dataSn++);
        if (violation != null) {
            return violation;
        }
        int end = next + pdu.data().remaining();
        if (end > burst.end() || pdu.last() != (end == burst.end())) {
            return DataViolation.INCORRECT_AMOUNT_OF_DATA;
        }
        store(pdu.data());
        if (pdu.last()) {
            bursts.remove();
        }
        return null;
    }

    private @Nullable DataViolation order(DataOut pdu, int dataSn) {
        if (pdu.dataSn() != dataSn) {
            return DataViolation.DATA_PHASE_ERROR;
        }
        return pdu.bufferOffset() == next ? null : DataViolation.DATA_OFFSET_ERROR;
    }

    private void store(ByteBuffer data) {
        ByteBuffer into = lease != null ? lease.buffer() : early;
        int bytes = Math.min(data.remaining(), Math.max(0, wanted - next));
        if (bytes > 0) {
            if (into == null) {
                throw new IllegalStateException("data without memory for it");
            }
            into.put(next, data, data.position(), bytes);
        }
        next += data.remaining();
    }

    /**
     * The next R2T to send; null while there is nothing to ask for: all was asked for, unsolicited
     * data is still to come, no buffer was granted, or MaxOutstandingR2T is reached.
     */
    @Nullable Request nextRequest(int targetTransferTag) {
        if (lease == null
                || unsolicitedOpen
                || asked >= wanted
                || bursts.size() >= limits.maxOutstandingR2t()) {
            return null;
        }
        int length = Math.min(wanted - asked, limits.maxBurst());
        Request request = new Request(targetTransferTag, r2tSn++, asked, length);
        asked += length;
        bursts.add(new Burst(request));
        return request;
    }

    /** How many R2Ts were sent. */
    int requests() {
        return r2tSn;
    }
}
