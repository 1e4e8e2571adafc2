package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.SessionParameters;

/**
 * What login negotiated about data (RFC 7143 §13), as far as the full-feature phase needs it.
 * Lengths in bytes. Immutable.
 *
 * @param maxTransmitSegment the initiator's MaxRecvDataSegmentLength
 * @param maxBurst MaxBurstLength
 * @param firstBurst FirstBurstLength
 * @param initialR2t InitialR2T: no unsolicited Data-Out
 * @param immediateData ImmediateData
 * @param maxOutstandingR2t MaxOutstandingR2T
 */
record SessionLimits(
        int maxTransmitSegment,
        int maxBurst,
        int firstBurst,
        boolean initialR2t,
        boolean immediateData,
        int maxOutstandingR2t) {

    static SessionLimits of(SessionParameters session, ConnectionParameters connection) {
        return new SessionLimits(
                connection.maxSendDataSegmentLength(),
                session.maxBurstLength(),
                session.firstBurstLength(),
                session.initialR2t(),
                session.immediateData(),
                session.maxOutstandingR2t());
    }
}
