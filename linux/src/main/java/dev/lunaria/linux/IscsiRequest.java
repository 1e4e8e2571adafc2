package dev.lunaria.linux;

import java.nio.ByteBuffer;

/**
 * What user space asks of the kernel's iSCSI initiator (iscsi_if.h, iscsi_uevent_e). Sessions and
 * connections go by the numbers that the kernel gave them.
 */
public sealed interface IscsiRequest {

    /**
     * Makes a session and its SCSI host.
     *
     * @param commands that are out at once, a power of two
     * @param queueDepth of each logical unit
     */
    record CreateSession(int initialCmdSn, int commands, int queueDepth) implements IscsiRequest {}

    /** Removes a session with its SCSI host and its disks; blocks until they are gone. */
    record DestroySession(int session) implements IscsiRequest {}

    /** As {@link DestroySession}, and doesn't wait; Linux 5.7 and newer. */
    record DestroySessionLater(int session) implements IscsiRequest {}

    record CreateConnection(int session, int connection) implements IscsiRequest {}

    record DestroyConnection(int session, int connection) implements IscsiRequest {}

    /**
     * Gives a connection its TCP connection.
     *
     * @param descriptor its number in this process
     */
    record Bind(int session, int connection, int descriptor) implements IscsiRequest {}

    /** Sets a parameter; most need a connection that is bound. */
    record SetParameter(int session, int connection, IscsiParameter parameter, String value)
            implements IscsiRequest {}

    /** Full-feature phase: commands flow. */
    record Start(int session, int connection) implements IscsiRequest {}

    /** Ends a connection's traffic. */
    record Stop(int session, int connection, Purpose purpose) implements IscsiRequest {
        /** What for. */
        public enum Purpose {
            /** The session ends. */
            TERMINATE(1),
            /** Another TCP connection will be bound; commands wait for it. */
            RECOVER(3);

            private final int flag;

            Purpose(int flag) {
                this.flag = flag;
            }

            int flag() {
                return flag;
            }
        }
    }

    /**
     * Sends a PDU of a login or logout. The kernel sets its own Initiator Task Tag and CmdSN.
     *
     * @param pdu 48 bytes of header, then data with its padding
     */
    record SendPdu(int session, int connection, ByteBuffer pdu) implements IscsiRequest {}

    /** Removes a session's disks; {@link IscsiMessage.SessionUnbound} says when that is done. */
    record Unbind(int session) implements IscsiRequest {}
}
