package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * A PDU that a target sends (RFC 7143 §11). Sequence numbers are serial numbers of 32 bits (RFC
 * 1982).
 */
public sealed interface TargetPdu extends Pdu {

    /** The next CmdSN that the target expects. */
    int expCmdSn();

    /** The largest CmdSN that the target takes now. */
    int maxCmdSn();

    /** NOP-In (§11.19): a ping, or the answer to one. */
    record NopIn(
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            ByteBuffer data)
            implements TargetPdu {}

    /**
     * SCSI Response (§11.4).
     *
     * @param response 0 completed at target, 1 target failure
     * @param status SCSI status (SAM-5 §5.3.1)
     * @param residual how the transfer differed from what the initiator expected
     * @param bidirectionalReadResidual the same for the read part of a bidirectional command
     * @param data SenseLength and sense data, or nothing
     */
    record ScsiResponse(
            int response,
            int status,
            int initiatorTaskTag,
            int snackTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int expDataSn,
            Residual residual,
            Residual bidirectionalReadResidual,
            ByteBuffer data)
            implements TargetPdu {}

    /** Task Management Function Response (§11.6). */
    record TaskManagementResponse(
            int response, int initiatorTaskTag, int statSn, int expCmdSn, int maxCmdSn)
            implements TargetPdu {}

    /**
     * SCSI Data-In (§11.7).
     *
     * @param acknowledge the A bit
     * @param withStatus the S bit: status, statSn and residual count; only together with {@code
     *     last}
     */
    record DataIn(
            boolean last,
            boolean acknowledge,
            boolean withStatus,
            int status,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int dataSn,
            int bufferOffset,
            Residual residual,
            Payload payload)
            implements TargetPdu {}

    /** Ready To Transfer (§11.8). Lengths in bytes. */
    record ReadyToTransfer(
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int r2tSn,
            int bufferOffset,
            int desiredDataTransferLength)
            implements TargetPdu {}

    /** Asynchronous Message (§11.9). */
    record AsyncMessage(
            long lun,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int event,
            int vendorCode,
            int parameter1,
            int parameter2,
            int parameter3,
            ByteBuffer data)
            implements TargetPdu {
        @Override
        public int initiatorTaskTag() {
            return RESERVED_TAG;
        }
    }

    /** Text Response (§11.11). */
    record TextResponse(
            boolean last,
            boolean continued,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            ByteBuffer data)
            implements TargetPdu {}

    /** Login Response (§11.13). */
    record LoginResponse(
            boolean transit,
            boolean continued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionActive,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int statusClass,
            int statusDetail,
            ByteBuffer data)
            implements TargetPdu {}

    /** Logout Response (§11.15). Times in seconds. */
    record LogoutResponse(
            int response,
            int initiatorTaskTag,
            int statSn,
            int expCmdSn,
            int maxCmdSn,
            int time2Wait,
            int time2Retain)
            implements TargetPdu {}

    /** Reject (§11.17). {@code data} holds the header of the PDU that was refused. */
    record Reject(
            int reason, int statSn, int expCmdSn, int maxCmdSn, int dataSnOrR2tSn, ByteBuffer data)
            implements TargetPdu {
        @Override
        public int initiatorTaskTag() {
            return RESERVED_TAG;
        }
    }
}
