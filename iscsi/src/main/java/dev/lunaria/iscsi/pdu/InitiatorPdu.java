package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * A PDU that an initiator sends (RFC 7143 §11). Sequence numbers are serial numbers of 32 bits (RFC
 * 1982).
 *
 * <p>{@code immediate} is the I bit (§11.2.1.1): the command is outside the CmdSN window.
 */
public sealed interface InitiatorPdu extends Pdu {

    /** Whether the I bit is set; PDUs that have none say false. */
    default boolean immediate() {
        return false;
    }

    /** ExpStatSN: all status up to it, exclusive, has arrived. */
    int expStatSn();

    /** NOP-Out (§11.18): a ping, or the answer to one. */
    record NopOut(
            boolean immediate,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int cmdSn,
            int expStatSn,
            ByteBuffer data)
            implements InitiatorPdu {}

    /**
     * SCSI Command (§11.3).
     *
     * @param last the F bit: no unsolicited Data-Out follows
     * @param expectedDataTransferLength in bytes, unsigned
     * @param cdb 16 bytes; longer CDBs come through the additional header and are as long as they
     *     are
     * @param bidirectionalReadLength of the bidirectional read AHS (§11.2.2.4), in bytes; 0 without
     *     one
     * @param data immediate data
     */
    record ScsiCommand(
            boolean immediate,
            boolean last,
            boolean read,
            boolean write,
            TaskAttribute attribute,
            long lun,
            int initiatorTaskTag,
            int expectedDataTransferLength,
            int cmdSn,
            int expStatSn,
            ByteBuffer cdb,
            int bidirectionalReadLength,
            ByteBuffer data)
            implements InitiatorPdu {}

    /** Task Management Function Request (§11.5); {@code function} keeps unknown codes. */
    record TaskManagementRequest(
            boolean immediate,
            int function,
            long lun,
            int initiatorTaskTag,
            int referencedTaskTag,
            int cmdSn,
            int expStatSn,
            int refCmdSn,
            int expDataSn)
            implements InitiatorPdu {}

    /** SCSI Data-Out (§11.7). {@code bufferOffset} in bytes. */
    record DataOut(
            boolean last,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int expStatSn,
            int dataSn,
            int bufferOffset,
            ByteBuffer data)
            implements InitiatorPdu {}

    /** Text Request (§11.10). */
    record TextRequest(
            boolean immediate,
            boolean last,
            boolean continued,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int cmdSn,
            int expStatSn,
            ByteBuffer data)
            implements InitiatorPdu {}

    /**
     * Login Request (§11.12).
     *
     * @param currentStage 0 security negotiation, 1 operational negotiation, 3 full-feature phase
     * @param isid 48 bits
     */
    record LoginRequest(
            boolean transit,
            boolean continued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionMin,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int connectionId,
            int cmdSn,
            int expStatSn,
            ByteBuffer data)
            implements InitiatorPdu {
        @Override
        public boolean immediate() {
            return true;
        }
    }

    /**
     * Logout Request (§11.14). {@code reason}: 0 close the session, 1 the connection, 2 for
     * recovery.
     */
    record LogoutRequest(
            boolean immediate,
            int reason,
            int initiatorTaskTag,
            int connectionId,
            int cmdSn,
            int expStatSn)
            implements InitiatorPdu {}

    /** SNACK Request (§11.16). */
    record SnackRequest(
            int type,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int expStatSn,
            int begRun,
            int runLength)
            implements InitiatorPdu {}
}
