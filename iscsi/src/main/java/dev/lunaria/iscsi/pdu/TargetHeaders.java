package dev.lunaria.iscsi.pdu;

import dev.lunaria.iscsi.pdu.TargetPdu.AsyncMessage;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.LogoutResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TargetPdu.Reject;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TaskManagementResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TextResponse;
import java.nio.ByteBuffer;

/** Reads the headers of what targets send (RFC 7143 §11). Stateless. */
final class TargetHeaders implements PduDecoder.Headers<TargetPdu> {

    @Override
    public TargetPdu read(ByteBuffer h, int additionalBytes, ByteBuffer data)
            throws MalformedHeader {
        if (additionalBytes > 0) {
            throw new MalformedHeader(
                    RejectReason.INVALID_PDU_FIELD, "a target's PDU has additional headers");
        }
        int opcode = h.get(0) & Opcode.MASK;
        int statSn = h.getInt(24);
        int expCmdSn = h.getInt(28);
        int maxCmdSn = h.getInt(32);
        return switch (opcode) {
            case Opcode.NOP_IN ->
                    new NopIn(
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            statSn,
                            expCmdSn,
                            maxCmdSn,
                            data);
            case Opcode.SCSI_RESPONSE -> scsiResponse(h, data);
            case Opcode.TASK_MANAGEMENT_RESPONSE ->
                    new TaskManagementResponse(
                            h.get(2) & 0xff, h.getInt(16), statSn, expCmdSn, maxCmdSn);
            case Opcode.LOGIN_RESPONSE -> loginResponse(h, data);
            case Opcode.TEXT_RESPONSE -> textResponse(h, data);
            case Opcode.DATA_IN -> dataIn(h, data);
            case Opcode.LOGOUT_RESPONSE ->
                    new LogoutResponse(
                            h.get(2) & 0xff,
                            h.getInt(16),
                            statSn,
                            expCmdSn,
                            maxCmdSn,
                            h.getShort(40) & 0xffff,
                            h.getShort(42) & 0xffff);
            case Opcode.READY_TO_TRANSFER ->
                    new ReadyToTransfer(
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            statSn,
                            expCmdSn,
                            maxCmdSn,
                            h.getInt(36),
                            h.getInt(40),
                            h.getInt(44));
            case Opcode.ASYNC_MESSAGE ->
                    new AsyncMessage(
                            h.getLong(8),
                            statSn,
                            expCmdSn,
                            maxCmdSn,
                            h.get(36) & 0xff,
                            h.get(37) & 0xff,
                            h.getShort(38) & 0xffff,
                            h.getShort(40) & 0xffff,
                            h.getShort(42) & 0xffff,
                            data);
            case Opcode.REJECT ->
                    new Reject(h.get(2) & 0xff, statSn, expCmdSn, maxCmdSn, h.getInt(36), data);
            default ->
                    throw new MalformedHeader(
                            RejectReason.COMMAND_NOT_SUPPORTED,
                            "opcode 0x%02x is none of a target's".formatted(opcode));
        };
    }

    private static ScsiResponse scsiResponse(ByteBuffer h, ByteBuffer data) throws MalformedHeader {
        int flags = h.get(1);
        return new ScsiResponse(
                h.get(2) & 0xff,
                h.get(3) & 0xff,
                h.getInt(16),
                h.getInt(20),
                h.getInt(24),
                h.getInt(28),
                h.getInt(32),
                h.getInt(36),
                residual(flags, Flags.OVERFLOW, Flags.UNDERFLOW, h.getInt(44)),
                residual(
                        flags,
                        Flags.BIDIRECTIONAL_OVERFLOW,
                        Flags.BIDIRECTIONAL_UNDERFLOW,
                        h.getInt(40)),
                data);
    }

    private static DataIn dataIn(ByteBuffer h, ByteBuffer data) throws MalformedHeader {
        int flags = h.get(1);
        boolean last = (flags & Flags.FINAL) != 0;
        boolean withStatus = (flags & Flags.STATUS) != 0;
        if (withStatus && !last) {
            throw new MalformedHeader(
                    RejectReason.PROTOCOL_ERROR, "a Data-In has the S bit without the F bit");
        }
        return new DataIn(
                last,
                (flags & Flags.ACKNOWLEDGE) != 0,
                withStatus,
                h.get(3) & 0xff,
                h.getLong(8),
                h.getInt(16),
                h.getInt(20),
                h.getInt(24),
                h.getInt(28),
                h.getInt(32),
                h.getInt(36),
                h.getInt(40),
                withStatus
                        ? residual(flags, Flags.OVERFLOW, Flags.UNDERFLOW, h.getInt(44))
                        : Residual.NONE,
                new Payload.Bytes(data));
    }

    private static LoginResponse loginResponse(ByteBuffer h, ByteBuffer data) {
        int flags = h.get(1);
        return new LoginResponse(
                (flags & Flags.TRANSIT) != 0,
                (flags & Flags.CONTINUE) != 0,
                (flags >> Flags.CURRENT_STAGE_SHIFT) & Flags.STAGE_MASK,
                flags & Flags.STAGE_MASK,
                h.get(2) & 0xff,
                h.get(3) & 0xff,
                h.getLong(8) >>> 16,
                h.getShort(14) & 0xffff,
                h.getInt(16),
                h.getInt(24),
                h.getInt(28),
                h.getInt(32),
                h.get(36) & 0xff,
                h.get(37) & 0xff,
                data);
    }

    private static TextResponse textResponse(ByteBuffer h, ByteBuffer data) throws MalformedHeader {
        int flags = h.get(1);
        boolean last = (flags & Flags.FINAL) != 0;
        boolean continued = (flags & Flags.CONTINUE) != 0;
        if (last && continued) {
            throw new MalformedHeader(
                    RejectReason.PROTOCOL_ERROR, "a Text Response has both the F and the C bit");
        }
        return new TextResponse(
                last,
                continued,
                h.getLong(8),
                h.getInt(16),
                h.getInt(20),
                h.getInt(24),
                h.getInt(28),
                h.getInt(32),
                data);
    }

    private static Residual residual(int flags, int overflow, int underflow, int bytes)
            throws MalformedHeader {
        boolean over = (flags & overflow) != 0;
        boolean under = (flags & underflow) != 0;
        if (over && under) {
            throw new MalformedHeader(
                    RejectReason.PROTOCOL_ERROR, "a residual count is both overflow and underflow");
        }
        if (over) {
            return new Residual(Residual.Kind.OVERFLOW, bytes);
        }
        return under ? new Residual(Residual.Kind.UNDERFLOW, bytes) : Residual.NONE;
    }
}
