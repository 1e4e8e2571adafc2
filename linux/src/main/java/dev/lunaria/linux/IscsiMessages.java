package dev.lunaria.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of NETLINK_ISCSI (iscsi_if.h): a netlink header of 16 bytes, {@code struct
 * iscsi_uevent} of 56, then what the request or event carries; all in the machine's byte order.
 * Stateless.
 */
public final class IscsiMessages {

    /** The longest message that is sent or comes: a login's PDU of 8 KiB of text, with headers. */
    public static final int MAX_BYTES = 16 * 1024;

    /** The longest data segment that {@link IscsiRequest.SendPdu} takes. */
    public static final int MAX_PDU_DATA_BYTES = 8192;

    private static final int NETLINK_BYTES = 16;
    private static final int UEVENT_BYTES = 56;
    private static final int HEADER_BYTES = NETLINK_BYTES + UEVENT_BYTES;
    private static final int NLM_F_REQUEST = 1;
    private static final int PDU_HEADER_BYTES = 48;

    // Offsets in struct iscsi_uevent.
    private static final int TYPE = NETLINK_BYTES;
    private static final int ERROR = TYPE + 4;
    private static final int HANDLE = TYPE + 8;
    private static final int REQUEST = TYPE + 16;
    private static final int ANSWER = TYPE + 40;

    // enum iscsi_uevent_e: requests ...
    private static final int CREATE_SESSION = 11;
    private static final int DESTROY_SESSION = 12;
    private static final int CREATE_CONN = 13;
    private static final int DESTROY_CONN = 14;
    private static final int BIND_CONN = 15;
    private static final int SET_PARAM = 16;
    private static final int START_CONN = 17;
    private static final int STOP_CONN = 18;
    private static final int SEND_PDU = 19;
    private static final int UNBIND_SESSION = 27;
    private static final int DESTROY_SESSION_ASYNC = 43;
    // ... and events.
    private static final int EVENTS = 100;
    private static final int RECV_PDU = 101;
    private static final int CONN_ERROR = 102;
    private static final int IF_ERROR = 103;
    private static final int SESSION_DESTROYED = 104;
    private static final int SESSION_UNBOUND = 105;

    private IscsiMessages() {}

    /**
     * A request as one message.
     *
     * @param transport handle of the transport, see {@code /sys/class/iscsi_transport}
     * @return direct, from position 0 to limit
     */
    public static ByteBuffer encode(IscsiRequest request, long transport) {
        return switch (request) {
            case IscsiRequest.CreateSession r -> {
                ByteBuffer out = message(CREATE_SESSION, transport, 0);
                out.putInt(REQUEST, r.initialCmdSn());
                out.putShort(REQUEST + 4, (short) r.commands());
                yield out.putShort(REQUEST + 6, (short) r.queueDepth());
            }
            case IscsiRequest.DestroySession r -> session(DESTROY_SESSION, transport, r.session());
            case IscsiRequest.DestroySessionLater r ->
                    session(DESTROY_SESSION_ASYNC, transport, r.session());
            case IscsiRequest.Unbind r -> session(UNBIND_SESSION, transport, r.session());
            case IscsiRequest.CreateConnection r ->
                    connection(CREATE_CONN, transport, r.session(), r.connection(), 0);
            case IscsiRequest.DestroyConnection r ->
                    connection(DESTROY_CONN, transport, r.session(), r.connection(), 0);
            case IscsiRequest.Start r ->
                    connection(START_CONN, transport, r.session(), r.connection(), 0);
            case IscsiRequest.Bind r -> {
                ByteBuffer out = connection(BIND_CONN, transport, r.session(), r.connection(), 0);
                out.putLong(REQUEST + 8, r.descriptor());
                yield out.putInt(REQUEST + 16, 1); // the session's leading connection
            }
            case IscsiRequest.Stop r -> {
                ByteBuffer out = connection(STOP_CONN, transport, r.session(), r.connection(), 0);
                yield out.putInt(REQUEST + 16, r.purpose().flag());
            }
            case IscsiRequest.SetParameter r -> {
                byte[] value = (r.value() + '\0').getBytes(StandardCharsets.US_ASCII);
                ByteBuffer out =
                        connection(SET_PARAM, transport, r.session(), r.connection(), value.length);
                out.putInt(REQUEST + 8, r.parameter().number());
                out.putInt(REQUEST + 12, value.length);
                yield out.put(HEADER_BYTES, value);
            }
            case IscsiRequest.SendPdu r -> {
                ByteBuffer pdu = r.pdu().slice();
                ByteBuffer out =
                        connection(
                                SEND_PDU, transport, r.session(), r.connection(), pdu.remaining());
                out.putInt(REQUEST + 8, PDU_HEADER_BYTES);
                out.putInt(REQUEST + 12, pdu.remaining() - PDU_HEADER_BYTES);
                yield out.put(HEADER_BYTES, pdu, 0, pdu.remaining());
            }
        };
    }

    /** Whether a request's answer has a return code of its own besides the error. */
    private static boolean hasReturnCode(int type) {
        return switch (type) {
            case BIND_CONN, SET_PARAM, START_CONN, SEND_PDU -> true;
            default -> false;
        };
    }

    private static ByteBuffer session(int type, long transport, int session) {
        return message(type, transport, 0).putInt(REQUEST, session);
    }

    private static ByteBuffer connection(
            int type, long transport, int session, int connection, int payload) {
        return message(type, transport, payload)
                .putInt(REQUEST, session)
                .putInt(REQUEST + 4, connection);
    }

    private static ByteBuffer message(int type, long transport, int payload) {
        int bytes = HEADER_BYTES + payload;
        ByteBuffer out = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        out.putInt(0, bytes);
        out.putShort(4, (short) type);
        out.putShort(6, (short) NLM_F_REQUEST);
        out.putInt(TYPE, type);
        return out.putLong(HANDLE, transport);
    }

    /**
     * Reads a message. Which it is says the event's type alone: the kernel's own have no netlink
     * type, and the answer to a request that failed has the request's.
     *
     * @param message from position to limit; not moved, and copied where bytes are kept
     * @throws IllegalArgumentException it is cut off
     */
    public static IscsiMessage decode(ByteBuffer message) {
        ByteBuffer in = message.slice().order(ByteOrder.nativeOrder());
        if (in.remaining() < HEADER_BYTES || in.getInt(0) > in.remaining()) {
            throw new IllegalArgumentException("a message of " + in.remaining() + " bytes");
        }
        int type = in.getInt(TYPE);
        int first = in.getInt(ANSWER);
        int second = in.getInt(ANSWER + 4);
        return switch (type) {
            case RECV_PDU -> new IscsiMessage.PduReceived(first, second, pdu(in));
            case CONN_ERROR ->
                    new IscsiMessage.ConnectionLost(first, second, in.getInt(ANSWER + 8));
            case IF_ERROR -> new IscsiMessage.Answer(failure(in.getInt(ERROR)), first, second);
            case SESSION_DESTROYED -> new IscsiMessage.SessionGone(second);
            case SESSION_UNBOUND -> new IscsiMessage.SessionUnbound(first);
            default ->
                    type > EVENTS
                            ? new IscsiMessage.Other(type)
                            : new IscsiMessage.Answer(error(in, type), first, second);
        };
    }

    private static ByteBuffer pdu(ByteBuffer in) {
        int bytes = in.getInt(0) - HEADER_BYTES;
        if (bytes < PDU_HEADER_BYTES) {
            throw new IllegalArgumentException("a PDU of " + bytes + " bytes");
        }
        return ByteBuffer.allocate(bytes).put(0, in, HEADER_BYTES, bytes);
    }

    private static int error(ByteBuffer in, int type) {
        int error = in.getInt(ERROR);
        if (error != 0) {
            return failure(error);
        }
        int returned = in.getInt(ANSWER);
        return hasReturnCode(type) && returned < 0 ? -returned : 0;
    }

    /** The kernel gives a negative errno; a failure without one is EINVAL. */
    private static int failure(int error) {
        return error == 0 ? Errno.EINVAL : Math.abs(error);
    }
}
