package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameter list of PERSISTENT RESERVE OUT (SPC-4 §6.16.3, and §6.16.4 for REGISTER AND MOVE).
 * Immutable; bounded by the parameter list length that the unit takes.
 *
 * @param key RESERVATION KEY
 * @param serviceActionKey SERVICE ACTION RESERVATION KEY
 * @param allTargetPorts ALL_TG_PT: registers at each target port
 * @param persists APTPL: survives a loss of power
 * @param unregister UNREG of REGISTER AND MOVE
 * @param relativeTargetPort RELATIVE TARGET PORT IDENTIFIER of REGISTER AND MOVE
 * @param transportIds SPEC_I_PT: whom to register as well; of REGISTER AND MOVE the one to move to
 */
public record ReserveOutList(
        long key,
        long serviceActionKey,
        boolean allTargetPorts,
        boolean persists,
        boolean unregister,
        int relativeTargetPort,
        List<TransportId> transportIds) {

    /** Length without TransportIDs, in bytes. */
    public static final int BYTES = 24;

    private static final int FLAGS_AT = 20;
    private static final int SPEC_I_PT = 0x08;
    private static final int ALL_TG_PT = 0x04;
    private static final int APTPL = 0x01;
    private static final int MOVE_FLAGS_AT = 17;
    private static final int UNREG = 0x02;
    private static final int PORT_AT = 18;
    private static final int MOVE_LENGTH_AT = 20;

    public ReserveOutList {
        transportIds = List.copyOf(transportIds);
    }

    /** One that names nobody else. */
    public static ReserveOutList of(
            long key, long serviceActionKey, boolean allTargetPorts, boolean persists) {
        return new ReserveOutList(
                key, serviceActionKey, allTargetPorts, persists, false, 0, List.of());
    }

    /** As an initiator sends it, from position 0 to limit. */
    public ByteBuffer encode(OperationCode operation) {
        int ids = transportIds.stream().mapToInt(TransportId::encodedBytes).sum();
        boolean moves = operation == OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE;
        boolean named = !moves && !transportIds.isEmpty();
        ByteBuffer out =
                ByteBuffer.allocate(BYTES + (named ? Integer.BYTES : 0) + ids)
                        .putLong(0, key)
                        .putLong(8, serviceActionKey);
        if (moves) {
            out.put(MOVE_FLAGS_AT, (byte) ((unregister ? UNREG : 0) | (persists ? APTPL : 0)));
            out.putShort(PORT_AT, (short) relativeTargetPort);
            out.putInt(MOVE_LENGTH_AT, ids);
        } else {
            out.put(
                    FLAGS_AT,
                    (byte)
                            ((named ? SPEC_I_PT : 0)
                                    | (allTargetPorts ? ALL_TG_PT : 0)
                                    | (persists ? APTPL : 0)));
            if (named) {
                out.putInt(BYTES, ids);
            }
        }
        out.position(out.limit() - ids);
        transportIds.forEach(id -> id.encode(out));
        return out.rewind();
    }

    /**
     * Reads the list of a service action.
     *
     * @param data from position to limit; not moved
     * @throws CheckCondition PARAMETER LIST LENGTH ERROR, INVALID FIELD IN PARAMETER LIST
     */
    public static ReserveOutList parse(OperationCode operation, ByteBuffer data)
            throws CheckCondition {
        ByteBuffer in = data.slice();
        if (in.remaining() < BYTES) {
            throw lengthError();
        }
        return operation == OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_MOVE
                ? parseMove(in)
                : parseOther(operation, in);
    }

    private static ReserveOutList parseOther(OperationCode operation, ByteBuffer in)
            throws CheckCondition {
        int flags = in.get(FLAGS_AT);
        List<TransportId> ids = List.of();
        if ((flags & SPEC_I_PT) != 0) {
            if (operation != OperationCode.PERSISTENT_RESERVE_OUT_REGISTER) {
                throw new CheckCondition(SenseData.invalidParameter(FLAGS_AT, 3));
            }
            if (in.remaining() < BYTES + Integer.BYTES) {
                throw lengthError();
            }
            ids = ids(in, BYTES + Integer.BYTES, in.getInt(BYTES));
        } else if (in.remaining() != BYTES) {
            throw lengthError();
        }
        return new ReserveOutList(
                in.getLong(0),
                in.getLong(8),
                (flags & ALL_TG_PT) != 0,
                (flags & APTPL) != 0,
                false,
                0,
                ids);
    }

    private static ReserveOutList parseMove(ByteBuffer in) throws CheckCondition {
        int flags = in.get(MOVE_FLAGS_AT);
        List<TransportId> ids = ids(in, BYTES, in.getInt(MOVE_LENGTH_AT));
        if (ids.size() != 1 || ids.getFirst().isid() == null) {
            // One port, of which there is no doubt (SPC-4 §6.16.4).
            throw new CheckCondition(SenseData.invalidParameter(BYTES, -1));
        }
        return new ReserveOutList(
                in.getLong(0),
                in.getLong(8),
                false,
                (flags & APTPL) != 0,
                (flags & UNREG) != 0,
                in.getShort(PORT_AT) & 0xffff,
                ids);
    }

    private static List<TransportId> ids(ByteBuffer list, int at, int bytes) throws CheckCondition {
        if (bytes < 0 || bytes != list.remaining() - at) {
            throw lengthError();
        }
        ByteBuffer in = list.duplicate().position(at);
        List<TransportId> ids = new ArrayList<>();
        while (in.hasRemaining()) {
            ids.add(TransportId.parse(in, in.position()));
        }
        return ids;
    }

    private static CheckCondition lengthError() {
        return new CheckCondition(
                SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
    }
}
