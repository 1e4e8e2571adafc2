package dev.lunaria.linux;

import java.nio.ByteBuffer;

/** What the kernel's iSCSI initiator says: an answer to a request, or an event of its own. */
public sealed interface IscsiMessage {

    /**
     * An answer.
     *
     * @param error 0, or the errno of what failed
     * @param first what the request is answered with: a session's number
     * @param second likewise: a SCSI host's number, or a connection's
     */
    record Answer(int error, int first, int second) implements IscsiMessage {}

    /**
     * A PDU that user space has to deal with.
     *
     * @param pdu 48 bytes of header, then data without padding
     */
    record PduReceived(int session, int connection, ByteBuffer pdu) implements IscsiMessage {}

    /**
     * A connection is lost.
     *
     * @param code of iscsi_if.h, enum iscsi_err: 1011 CONN_FAILED, 1020 TCP_CONN_CLOSE, 1022
     *     NOP_TIMEDOUT and others
     */
    record ConnectionLost(int session, int connection, int code) implements IscsiMessage {}

    /** A session and its SCSI host are gone. */
    record SessionGone(int session) implements IscsiMessage {}

    /** A session's disks are gone. */
    record SessionUnbound(int session) implements IscsiMessage {}

    /** Something that isn't ours to deal with. */
    record Other(int type) implements IscsiMessage {}
}
