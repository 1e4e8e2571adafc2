package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import java.nio.ByteBuffer;

/**
 * Sends what the full-feature phase answers, and gives each PDU its StatSN, ExpCmdSN and MaxCmdSN
 * (RFC 7143 §4.2.2).
 *
 * <p>Owned by the session's event loop. After {@link #stop} nothing is sent any more.
 */
final class Responder {
    private final Outbox outbox;
    private final CommandWindow window;
    private final SessionLimits limits;
    private int statSn;
    private boolean stopped;

    /**
     * @param statSn of the first response
     */
    Responder(Outbox outbox, CommandWindow window, SessionLimits limits, int statSn) {
        this.outbox = outbox;
        this.window = window;
        this.limits = limits;
        this.statSn = statSn;
    }

    /** The connection is gone: what is sent from now on is dropped. */
    void stop() {
        stopped = true;
    }

    private void send(TargetPdu pdu) {
        if (!stopped) {
            outbox.send(pdu);
        }
    }

    /**
     * Answers a command: Data-In, and its status within the last of it or behind it.
     *
     * @param dataOut how many bytes of Data-Out the command's CDB asked for
     * @param requests how many R2Ts were sent for it
     */
    void answer(ScsiCommand command, CommandResult result, int dataOut, int requests) {
        if (stopped) {
            result.release().run();
            return;
        }
        long expected = Integer.toUnsignedLong(command.expectedDataTransferLength());
        boolean both = command.read() && command.write();
        long expectedIn =
                both
                        ? Integer.toUnsignedLong(command.bidirectionalReadLength())
                        : command.read() ? expected : 0;
        int available = result.dataIn().length();
        int length = (int) Math.min(available, expectedIn);
        Residual in = Residuals.of(expectedIn, available);
        Residual residual =
                command.write()
                        ? Residuals.of(expected, dataOut)
                        : in.kind() == Residual.Kind.OVERFLOW || command.read()
                                ? in
                                : Residuals.of(0, dataOut);
        boolean statusInData =
                length > 0
                        && !both
                        && (result.status() == ScsiStatus.GOOD.code()
                                || result.status() == ScsiStatus.CONDITION_MET.code())
                        && !result.sense().hasRemaining();
        int sent = dataIn(command, result, length, statusInData, residual);
        if (!statusInData) {
            outbox.send(
                    response(command, result, sent == 0 ? 0 : sent + requests, residual, both, in),
                    result.release());
        }
    }

    private int dataIn(
            ScsiCommand command,
            CommandResult result,
            int length,
            boolean statusInData,
            Residual residual) {
        DataInSequence sequence =
                new DataInSequence(
                        result.dataIn(), length, limits.maxTransmitSegment(), limits.maxBurst());
        while (sequence.hasNext()) {
            DataInSequence.Segment segment = sequence.next();
            boolean status = statusInData && segment.endsData();
            DataIn pdu =
                    new DataIn(
                            segment.endsBurst(),
                            false,
                            status,
                            status ? result.status() : 0,
                            0,
                            command.initiatorTaskTag(),
                            Pdu.RESERVED_TAG,
                            status ? statSn++ : 0,
                            window.expCmdSn(),
                            window.maxCmdSn(),
                            segment.dataSn(),
                            segment.bufferOffset(),
                            status ? residual : Residual.NONE,
                            segment.payload());
            if (status) {
                outbox.send(pdu, result.release());
            } else {
                outbox.send(pdu);
            }
        }
        return sequence.count();
    }

    private ScsiResponse response(
            ScsiCommand command,
            CommandResult result,
            int expDataSn,
            Residual residual,
            boolean both,
            Residual in) {
        return new ScsiResponse(
                0,
                result.status(),
                command.initiatorTaskTag(),
                0,
                statSn++,
                window.expCmdSn(),
                window.maxCmdSn(),
                expDataSn,
                residual,
                both ? in : Residual.NONE,
                withLength(result.sense()));
    }

    /** The SenseLength field and the sense data behind it (RFC 7143 §11.4.7). */
    private static ByteBuffer withLength(ByteBuffer sense) {
        if (!sense.hasRemaining()) {
            return Pdu.NO_DATA;
        }
        ByteBuffer data = ByteBuffer.allocate(2 + sense.remaining());
        data.putShort((short) sense.remaining()).put(sense.duplicate()).flip();
        return data;
    }

    /**
     * A command that the session itself ends: with sense data, or without for BUSY and the like.
     */
    void refuse(ScsiCommand command, ScsiStatus status, ByteBuffer sense) {
        Payload none = new Payload.Bytes(Pdu.NO_DATA);
        answer(command, new CommandResult(status.code(), sense, none, () -> {}), 0, 0);
    }

    void readyToTransfer(ScsiCommand command, DataOutCollector.Request request) {
        send(
                new TargetPdu.ReadyToTransfer(
                        command.lun(),
                        command.initiatorTaskTag(),
                        request.targetTransferTag(),
                        statSn,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        request.r2tSn(),
                        request.offset(),
                        request.length()));
    }

    /** Answers a ping with its own data (RFC 7143 §11.19). */
    void pong(int initiatorTaskTag, long lun, ByteBuffer data) {
        ByteBuffer echoed = ByteBuffer.allocate(Math.min(data.remaining(), maxSegment()));
        echoed.put(0, data, data.position(), echoed.capacity());
        send(
                new TargetPdu.NopIn(
                        lun,
                        initiatorTaskTag,
                        Pdu.RESERVED_TAG,
                        statSn++,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        echoed));
    }

    /** Asks the initiator for an answer; takes no StatSN (RFC 7143 §11.19.1). */
    void ping(int targetTransferTag) {
        send(
                new TargetPdu.NopIn(
                        0,
                        Pdu.RESERVED_TAG,
                        targetTransferTag,
                        statSn,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        Pdu.NO_DATA));
    }

    void taskManagement(int initiatorTaskTag, int response) {
        send(
                new TargetPdu.TaskManagementResponse(
                        response,
                        initiatorTaskTag,
                        statSn++,
                        window.expCmdSn(),
                        window.maxCmdSn()));
    }

    /**
     * @param last the F bit: the exchange is over; otherwise {@code targetTransferTag} asks for the
     *     next request
     * @param continued the C bit: the answer goes on in the next response
     */
    void text(
            int initiatorTaskTag,
            int targetTransferTag,
            boolean last,
            boolean continued,
            ByteBuffer data) {
        send(
                new TargetPdu.TextResponse(
                        last,
                        continued,
                        0,
                        initiatorTaskTag,
                        targetTransferTag,
                        statSn++,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        data));
    }

    void logout(int initiatorTaskTag, int response) {
        send(
                new TargetPdu.LogoutResponse(
                        response,
                        initiatorTaskTag,
                        statSn++,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        0,
                        0));
    }

    /**
     * @param header the refused PDU's basic header (RFC 7143 §11.17.4)
     */
    void reject(int reason, ByteBuffer header) {
        send(
                new TargetPdu.Reject(
                        reason, statSn++, window.expCmdSn(), window.maxCmdSn(), 0, header));
    }

    /**
     * Announces that the target drops all connections of the session (RFC 7143 §11.9.1, event 3).
     *
     * @param time2Wait seconds that the initiator waits before it comes back
     */
    void dropping(int time2Wait) {
        send(
                new TargetPdu.AsyncMessage(
                        0,
                        statSn++,
                        window.expCmdSn(),
                        window.maxCmdSn(),
                        3,
                        0,
                        0,
                        time2Wait,
                        0,
                        Pdu.NO_DATA));
    }

    int maxSegment() {
        return limits.maxTransmitSegment();
    }
}
