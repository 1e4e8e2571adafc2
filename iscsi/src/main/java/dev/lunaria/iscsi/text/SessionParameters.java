package dev.lunaria.iscsi.text;

/**
 * What was negotiated for a session (RFC 7143 §13). Immutable.
 *
 * <p>MaxConnections is 1, ErrorRecoveryLevel 0, DataPDUInOrder and DataSequenceInOrder Yes,
 * TaskReporting RFC3720: Lunaria agrees to nothing else.
 *
 * @param initialR2t whether every Data-Out waits for an R2T
 * @param maxBurstLength of one solicited or Data-In sequence, in bytes
 * @param firstBurstLength of all unsolicited data of a command, immediate data among it, in bytes
 * @param time2Wait seconds before a reconnect
 * @param time2Retain seconds for which tasks survive their connection
 */
public record SessionParameters(
        SessionType type,
        boolean initialR2t,
        boolean immediateData,
        int maxBurstLength,
        int firstBurstLength,
        int maxOutstandingR2t,
        int time2Wait,
        int time2Retain,
        int protocolLevel) {}
