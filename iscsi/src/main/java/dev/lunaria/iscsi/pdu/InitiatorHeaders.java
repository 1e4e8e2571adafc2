package dev.lunaria.iscsi.pdu;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.SnackRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import java.nio.ByteBuffer;

/** Reads the headers of what initiators send (RFC 7143 §11). Stateless. */
final class InitiatorHeaders implements PduDecoder.Headers<InitiatorPdu> {
    private static final TaskAttribute[] ATTRIBUTES = TaskAttribute.values();
    private static final int CDB_OFFSET = 32;
    private static final int CDB_BYTES = 16;

    @Override
    public InitiatorPdu read(ByteBuffer h, int additionalBytes, ByteBuffer data)
            throws MalformedHeader {
        int opcode = h.get(0) & Opcode.MASK;
        if (additionalBytes > 0 && opcode != Opcode.SCSI_COMMAND) {
            throw new MalformedHeader(
                    RejectReason.INVALID_PDU_FIELD, "only a SCSI Command has additional headers");
        }
        boolean immediate = (h.get(0) & Opcode.IMMEDIATE) != 0;
        int flags = h.get(1);
        return switch (opcode) {
            case Opcode.NOP_OUT ->
                    new NopOut(
                            immediate,
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            h.getInt(24),
                            h.getInt(28),
                            data);
            case Opcode.SCSI_COMMAND -> scsiCommand(h, additionalBytes, immediate, flags, data);
            case Opcode.TASK_MANAGEMENT_REQUEST ->
                    new TaskManagementRequest(
                            immediate,
                            flags & Flags.CODE_MASK,
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            h.getInt(24),
                            h.getInt(28),
                            h.getInt(32),
                            h.getInt(36));
            case Opcode.LOGIN_REQUEST -> loginRequest(h, flags, data);
            case Opcode.TEXT_REQUEST -> textRequest(h, immediate, flags, data);
            case Opcode.DATA_OUT ->
                    new DataOut(
                            (flags & Flags.FINAL) != 0,
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            h.getInt(28),
                            h.getInt(36),
                            h.getInt(40),
                            data);
            case Opcode.LOGOUT_REQUEST ->
                    new LogoutRequest(
                            immediate,
                            flags & Flags.CODE_MASK,
                            h.getInt(16),
                            h.getShort(20) & 0xffff,
                            h.getInt(24),
                            h.getInt(28));
            case Opcode.SNACK_REQUEST ->
                    new SnackRequest(
                            flags & Flags.SNACK_TYPE_MASK,
                            h.getLong(8),
                            h.getInt(16),
                            h.getInt(20),
                            h.getInt(28),
                            h.getInt(40),
                            h.getInt(44));
            default ->
                    throw new MalformedHeader(
                            RejectReason.COMMAND_NOT_SUPPORTED,
                            "opcode 0x%02x is none of an initiator's".formatted(opcode));
        };
    }

    private static LoginRequest loginRequest(ByteBuffer h, int flags, ByteBuffer data) {
        return new LoginRequest(
                (flags & Flags.TRANSIT) != 0,
                (flags & Flags.CONTINUE) != 0,
                (flags >> Flags.CURRENT_STAGE_SHIFT) & Flags.STAGE_MASK,
                flags & Flags.STAGE_MASK,
                h.get(2) & 0xff,
                h.get(3) & 0xff,
                h.getLong(8) >>> 16,
                h.getShort(14) & 0xffff,
                h.getInt(16),
                h.getShort(20) & 0xffff,
                h.getInt(24),
                h.getInt(28),
                data);
    }

    private static TextRequest textRequest(
            ByteBuffer h, boolean immediate, int flags, ByteBuffer data) throws MalformedHeader {
        boolean last = (flags & Flags.FINAL) != 0;
        boolean continued = (flags & Flags.CONTINUE) != 0;
        if (last && continued) {
            throw new MalformedHeader(
                    RejectReason.PROTOCOL_ERROR, "a Text Request has both the F and the C bit");
        }
        return new TextRequest(
                immediate,
                last,
                continued,
                h.getLong(8),
                h.getInt(16),
                h.getInt(20),
                h.getInt(24),
                h.getInt(28),
                data);
    }

    private static ScsiCommand scsiCommand(
            ByteBuffer h, int additionalBytes, boolean immediate, int flags, ByteBuffer data)
            throws MalformedHeader {
        ByteBuffer cdb;
        int bidirectional = 0;
        if (additionalBytes == 0) {
            cdb = cdb(h, CDB_BYTES);
        } else {
            AdditionalHeaders additional = AdditionalHeaders.read(h, additionalBytes);
            cdb = cdb(h, CDB_BYTES + additional.cdbBytes());
            cdb.put(CDB_BYTES, h, additional.cdbOffset(), additional.cdbBytes());
            bidirectional = additional.bidirectionalReadLength();
        }
        return new ScsiCommand(
                immediate,
                (flags & Flags.FINAL) != 0,
                (flags & Flags.READ) != 0,
                (flags & Flags.WRITE) != 0,
                ATTRIBUTES[flags & Flags.ATTRIBUTE_MASK],
                h.getLong(8),
                h.getInt(16),
                h.getInt(20),
                h.getInt(24),
                h.getInt(28),
                cdb,
                bidirectional,
                data);
    }

    /** A command outlives the header's buffer, so its CDB is a copy. */
    private static ByteBuffer cdb(ByteBuffer h, int bytes) {
        ByteBuffer cdb = ByteBuffer.allocate(bytes);
        cdb.put(0, h, CDB_OFFSET, CDB_BYTES);
        return cdb;
    }
}
