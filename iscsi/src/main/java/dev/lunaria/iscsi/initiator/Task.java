package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import java.nio.ByteBuffer;

/**
 * One SCSI command from its submission to its outcome, over as many connections as it takes.
 *
 * <p>Owned by its session. Checks that data comes in order and without gaps, as DataPDUInOrder and
 * DataSequenceInOrder promise (RFC 7143 §13.18–13.19).
 */
final class Task {
    final ScsiRequest request;
    final ScsiRequest.Completion completion;

    /** Sent while the session's owner verifies; not repeated on another connection. */
    final boolean probe;

    /** Answers that made it be sent again at once, and when the target first said BUSY. */
    int retries;

    int rejections;
    long busySince;
    boolean busy;
    long readyAt;

    private int tag;
    private int cmdSn;
    private long sentAt;
    private int received;
    private int nextDataSn;
    private int sent;
    private int nextR2tSn;

    Task(ScsiRequest request, boolean probe, ScsiRequest.Completion completion) {
        this.request = request;
        this.probe = probe;
        this.completion = completion;
    }

    /** Starts anew on a connection. */
    void begin(int newTag, int newCmdSn, long now) {
        tag = newTag;
        cmdSn = newCmdSn;
        sentAt = now;
        received = 0;
        nextDataSn = 0;
        sent = 0;
        nextR2tSn = 0;
    }

    /** The target is away: how long it was busy says nothing about the next one. */
    void reconnecting() {
        busy = false;
    }

    int tag() {
        return tag;
    }

    int cmdSn() {
        return cmdSn;
    }

    long sentAt() {
        return sentAt;
    }

    /** The next bytes of Data-Out: the caller sends them. */
    ByteBuffer takeOut(int length) {
        ByteBuffer part = request.dataOut().slice(sent, length);
        sent += length;
        return part;
    }

    int sent() {
        return sent;
    }

    /** Checks an R2T (RFC 7143 §11.8): the next one, for the bytes that follow. */
    void check(ReadyToTransfer r2t) {
        int length = r2t.desiredDataTransferLength();
        boolean inOrder = r2t.r2tSn() == nextR2tSn && r2t.bufferOffset() == sent;
        if (!inOrder || length <= 0 || length > request.dataOut().remaining() - sent) {
            throw new ProtocolViolation(
                    "R2T "
                            + Integer.toUnsignedString(r2t.r2tSn())
                            + " asks for "
                            + Integer.toUnsignedString(length)
                            + " bytes from "
                            + Integer.toUnsignedString(r2t.bufferOffset())
                            + " after "
                            + sent
                            + " of "
                            + request.dataOut().remaining());
        }
        nextR2tSn++;
    }

    /** Copies a Data-In PDU's bytes to where the caller wants them. */
    void accept(DataIn pdu) {
        int length = pdu.payload().length();
        boolean inOrder = pdu.dataSn() == nextDataSn && pdu.bufferOffset() == received;
        if (!inOrder || length > request.dataIn().remaining() - received) {
            throw new ProtocolViolation(
                    "Data-In "
                            + Integer.toUnsignedString(pdu.dataSn())
                            + " brings "
                            + length
                            + " bytes at "
                            + Integer.toUnsignedString(pdu.bufferOffset())
                            + " after "
                            + received
                            + " of "
                            + request.dataIn().remaining());
        }
        switch (pdu.payload()) {
            case Payload.Bytes bytes -> {
                ByteBuffer from = bytes.buffer();
                request.dataIn().put(received, from, from.position(), length);
            }
            case Payload.External external ->
                    throw new IllegalStateException("a receiver got a region: " + external);
        }
        received += length;
        nextDataSn++;
    }

    /**
     * How many bytes moved, by the target's word, which must agree with what came and went.
     *
     * @param good whether the status is GOOD; otherwise data may be missing
     */
    int transferred(boolean good, Residual residual) {
        int expected = request.expectedLength();
        int missing =
                switch (residual.kind()) {
                    case UNDERFLOW -> residual.bytes();
                    case NONE, OVERFLOW -> 0;
                };
        if (missing < 0 || missing > expected) {
            throw new ProtocolViolation(
                    "a residual of "
                            + Integer.toUnsignedString(missing)
                            + " bytes out of "
                            + expected);
        }
        int moved = request.dataIn().hasRemaining() ? received : sent;
        if (good && moved < expected - missing) {
            throw new ProtocolViolation(
                    "GOOD after " + moved + " bytes out of " + (expected - missing));
        }
        return expected - missing;
    }
}
