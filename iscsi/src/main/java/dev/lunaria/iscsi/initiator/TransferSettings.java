package dev.lunaria.iscsi.initiator;

/**
 * What login has settled on how data moves (RFC 7143 §13). Lengths in bytes.
 *
 * @param maxSendSegment the target's MaxRecvDataSegmentLength
 * @param firstBurst FirstBurstLength
 * @param initialR2T whether Data-Out beyond immediate data waits for an R2T
 * @param immediateData whether a command may carry data
 */
record TransferSettings(
        int maxSendSegment, int firstBurst, boolean initialR2T, boolean immediateData) {

    /** How much of {@code length} bytes of Data-Out goes with the command itself. */
    int immediate(int length) {
        return immediateData ? Math.min(length, Math.min(firstBurst, maxSendSegment)) : 0;
    }

    /** How much of {@code length} bytes goes without being asked for, immediate data included. */
    int unsolicited(int length) {
        return initialR2T ? immediate(length) : Math.min(length, firstBurst);
    }
}
