package dev.lunaria.iscsi.pdu;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import java.nio.ByteBuffer;

/** Writes basic headers and additional headers (RFC 7143 §11). Stateless. */
final class HeaderWriter {
    private static final int CDB_BYTES = 16;

    private HeaderWriter() {}

    /** How many bytes of additional headers a PDU has, with padding. */
    static int additionalBytes(Pdu pdu) {
        if (!(pdu instanceof ScsiCommand command)) {
            return 0;
        }
        int cdb = command.cdb().remaining();
        int extended =
                cdb > CDB_BYTES
                        ? PduDecoder.padded(AdditionalHeaders.PREFIX_BYTES + cdb - CDB_BYTES)
                        : 0;
        return extended
                + (command.bidirectionalReadLength() != 0
                        ? AdditionalHeaders.PREFIX_BYTES + Integer.BYTES
                        : 0);
    }

    static void write(Pdu pdu, int dataBytes, ByteBuffer out) {
        if (dataBytes > PduDecoder.MAX_DATA_SEGMENT_BYTES) {
            throw new IllegalArgumentException("a data segment of " + dataBytes + " bytes");
        }
        int start = out.position();
        for (int i = 0; i < Pdu.BASIC_HEADER_BYTES; i += Long.BYTES) {
            out.putLong(0);
        }
        out.putInt(start + 4, dataBytes);
        out.putInt(start + 16, pdu.initiatorTaskTag());
        switch (pdu) {
            case InitiatorPdu p -> initiator(p, out, start);
            case TargetPdu p -> target(p, out, start);
        }
    }

    private static void initiator(InitiatorPdu pdu, ByteBuffer out, int at) {
        int immediate = pdu.immediate() ? Opcode.IMMEDIATE : 0;
        out.putInt(at + 28, pdu.expStatSn());
        switch (pdu) {
            case InitiatorPdu.NopOut p -> {
                first(out, at, Opcode.NOP_OUT | immediate, Flags.FINAL);
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 24, p.cmdSn());
            }
            case ScsiCommand p -> scsiCommand(p, immediate, out, at);
            case InitiatorPdu.TaskManagementRequest p -> {
                first(
                        out,
                        at,
                        Opcode.TASK_MANAGEMENT_REQUEST | immediate,
                        Flags.FINAL | (p.function() & Flags.CODE_MASK));
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.referencedTaskTag());
                out.putInt(at + 24, p.cmdSn());
                out.putInt(at + 32, p.refCmdSn());
                out.putInt(at + 36, p.expDataSn());
            }
            case InitiatorPdu.DataOut p -> {
                first(out, at, Opcode.DATA_OUT, bit(p.last(), Flags.FINAL));
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 36, p.dataSn());
                out.putInt(at + 40, p.bufferOffset());
            }
            case InitiatorPdu.TextRequest p -> {
                first(
                        out,
                        at,
                        Opcode.TEXT_REQUEST | immediate,
                        bit(p.last(), Flags.FINAL) | bit(p.continued(), Flags.CONTINUE));
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 24, p.cmdSn());
            }
            case InitiatorPdu.LoginRequest p -> {
                first(
                        out,
                        at,
                        Opcode.LOGIN_REQUEST | immediate,
                        stages(p.transit(), p.continued(), p.currentStage(), p.nextStage()));
                out.put(at + 2, (byte) p.versionMax());
                out.put(at + 3, (byte) p.versionMin());
                out.putLong(at + 8, (p.isid() << 16) | (p.tsih() & 0xffff));
                out.putShort(at + 20, (short) p.connectionId());
                out.putInt(at + 24, p.cmdSn());
            }
            case InitiatorPdu.LogoutRequest p -> {
                first(
                        out,
                        at,
                        Opcode.LOGOUT_REQUEST | immediate,
                        Flags.FINAL | (p.reason() & Flags.CODE_MASK));
                out.putShort(at + 20, (short) p.connectionId());
                out.putInt(at + 24, p.cmdSn());
            }
            case InitiatorPdu.SnackRequest p -> {
                first(
                        out,
                        at,
                        Opcode.SNACK_REQUEST,
                        Flags.FINAL | (p.type() & Flags.SNACK_TYPE_MASK));
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 40, p.begRun());
                out.putInt(at + 44, p.runLength());
            }
        }
    }

    private static void scsiCommand(ScsiCommand p, int immediate, ByteBuffer out, int at) {
        first(
                out,
                at,
                Opcode.SCSI_COMMAND | immediate,
                bit(p.last(), Flags.FINAL)
                        | bit(p.read(), Flags.READ)
                        | bit(p.write(), Flags.WRITE)
                        | p.attribute().code());
        out.putLong(at + 8, p.lun());
        out.putInt(at + 20, p.expectedDataTransferLength());
        out.putInt(at + 24, p.cmdSn());
        ByteBuffer cdb = p.cdb();
        int basic = Math.min(cdb.remaining(), CDB_BYTES);
        out.put(at + 32, cdb, cdb.position(), basic);
        int additional = additionalBytes(p);
        if (additional == 0) {
            return;
        }
        out.put(at + 4, (byte) (additional / 4));
        int extended = cdb.remaining() - basic;
        if (extended > AdditionalHeaders.MAX_EXTENDED_CDB_BYTES) {
            throw new IllegalArgumentException("a CDB of " + cdb.remaining() + " bytes");
        }
        if (extended > 0) {
            out.putShort((short) (extended + 1));
            out.put((byte) Flags.AHS_EXTENDED_CDB);
            out.put((byte) 0);
            out.put(out.position(), cdb, cdb.position() + basic, extended);
            out.position(out.position() + extended);
            for (int i = -extended & 3; i > 0; i--) {
                out.put((byte) 0);
            }
        }
        if (p.bidirectionalReadLength() != 0) {
            out.putShort((short) AdditionalHeaders.BIDIRECTIONAL_AHS_LENGTH);
            out.put((byte) Flags.AHS_BIDIRECTIONAL_READ_LENGTH);
            out.put((byte) 0);
            out.putInt(p.bidirectionalReadLength());
        }
    }

    private static void target(TargetPdu pdu, ByteBuffer out, int at) {
        out.putInt(at + 28, pdu.expCmdSn());
        out.putInt(at + 32, pdu.maxCmdSn());
        switch (pdu) {
            case TargetPdu.NopIn p -> {
                first(out, at, Opcode.NOP_IN, Flags.FINAL);
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 24, p.statSn());
            }
            case TargetPdu.ScsiResponse p -> scsiResponse(p, out, at);
            case TargetPdu.TaskManagementResponse p -> {
                first(out, at, Opcode.TASK_MANAGEMENT_RESPONSE, Flags.FINAL);
                out.put(at + 2, (byte) p.response());
                out.putInt(at + 24, p.statSn());
            }
            case TargetPdu.DataIn p -> dataIn(p, out, at);
            case TargetPdu.ReadyToTransfer p -> {
                first(out, at, Opcode.READY_TO_TRANSFER, Flags.FINAL);
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 24, p.statSn());
                out.putInt(at + 36, p.r2tSn());
                out.putInt(at + 40, p.bufferOffset());
                out.putInt(at + 44, p.desiredDataTransferLength());
            }
            case TargetPdu.AsyncMessage p -> {
                first(out, at, Opcode.ASYNC_MESSAGE, Flags.FINAL);
                out.putLong(at + 8, p.lun());
                out.putInt(at + 24, p.statSn());
                out.put(at + 36, (byte) p.event());
                out.put(at + 37, (byte) p.vendorCode());
                out.putShort(at + 38, (short) p.parameter1());
                out.putShort(at + 40, (short) p.parameter2());
                out.putShort(at + 42, (short) p.parameter3());
            }
            case TargetPdu.TextResponse p -> {
                first(
                        out,
                        at,
                        Opcode.TEXT_RESPONSE,
                        bit(p.last(), Flags.FINAL) | bit(p.continued(), Flags.CONTINUE));
                out.putLong(at + 8, p.lun());
                out.putInt(at + 20, p.targetTransferTag());
                out.putInt(at + 24, p.statSn());
            }
            case TargetPdu.LoginResponse p -> loginResponse(p, out, at);
            case TargetPdu.LogoutResponse p -> {
                first(out, at, Opcode.LOGOUT_RESPONSE, Flags.FINAL);
                out.put(at + 2, (byte) p.response());
                out.putInt(at + 24, p.statSn());
                out.putShort(at + 40, (short) p.time2Wait());
                out.putShort(at + 42, (short) p.time2Retain());
            }
            case TargetPdu.Reject p -> {
                first(out, at, Opcode.REJECT, Flags.FINAL);
                out.put(at + 2, (byte) p.reason());
                out.putInt(at + 24, p.statSn());
                out.putInt(at + 36, p.dataSnOrR2tSn());
            }
        }
    }

    private static void scsiResponse(TargetPdu.ScsiResponse p, ByteBuffer out, int at) {
        first(
                out,
                at,
                Opcode.SCSI_RESPONSE,
                Flags.FINAL
                        | residual(p.residual(), Flags.OVERFLOW, Flags.UNDERFLOW)
                        | residual(
                                p.bidirectionalReadResidual(),
                                Flags.BIDIRECTIONAL_OVERFLOW,
                                Flags.BIDIRECTIONAL_UNDERFLOW));
        out.put(at + 2, (byte) p.response());
        out.put(at + 3, (byte) p.status());
        out.putInt(at + 20, p.snackTag());
        out.putInt(at + 24, p.statSn());
        out.putInt(at + 36, p.expDataSn());
        out.putInt(at + 40, p.bidirectionalReadResidual().bytes());
        out.putInt(at + 44, p.residual().bytes());
    }

    private static void dataIn(TargetPdu.DataIn p, ByteBuffer out, int at) {
        int flags = bit(p.last(), Flags.FINAL) | bit(p.acknowledge(), Flags.ACKNOWLEDGE);
        if (p.withStatus()) {
            flags |= Flags.STATUS | residual(p.residual(), Flags.OVERFLOW, Flags.UNDERFLOW);
            out.put(at + 3, (byte) p.status());
            out.putInt(at + 44, p.residual().bytes());
        }
        first(out, at, Opcode.DATA_IN, flags);
        out.putLong(at + 8, p.lun());
        out.putInt(at + 20, p.targetTransferTag());
        out.putInt(at + 24, p.statSn());
        out.putInt(at + 36, p.dataSn());
        out.putInt(at + 40, p.bufferOffset());
    }

    private static void loginResponse(TargetPdu.LoginResponse p, ByteBuffer out, int at) {
        first(
                out,
                at,
                Opcode.LOGIN_RESPONSE,
                stages(p.transit(), p.continued(), p.currentStage(), p.nextStage()));
        out.put(at + 2, (byte) p.versionMax());
        out.put(at + 3, (byte) p.versionActive());
        out.putLong(at + 8, (p.isid() << 16) | (p.tsih() & 0xffff));
        out.putInt(at + 24, p.statSn());
        out.put(at + 36, (byte) p.statusClass());
        out.put(at + 37, (byte) p.statusDetail());
    }

    private static void first(ByteBuffer out, int at, int opcode, int flags) {
        out.put(at, (byte) opcode);
        out.put(at + 1, (byte) flags);
    }

    private static int bit(boolean set, int bit) {
        return set ? bit : 0;
    }

    private static int stages(boolean transit, boolean continued, int current, int next) {
        return bit(transit, Flags.TRANSIT)
                | bit(continued, Flags.CONTINUE)
                | (current & Flags.STAGE_MASK) << Flags.CURRENT_STAGE_SHIFT
                | (next & Flags.STAGE_MASK);
    }

    private static int residual(Residual residual, int overflow, int underflow) {
        return switch (residual.kind()) {
            case NONE -> 0;
            case OVERFLOW -> overflow;
            case UNDERFLOW -> underflow;
        };
    }
}
