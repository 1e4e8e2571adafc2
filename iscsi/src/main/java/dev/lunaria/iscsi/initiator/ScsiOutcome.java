package dev.lunaria.iscsi.initiator;

import java.nio.ByteBuffer;

/** How a SCSI command ended for good, after all retries. */
public sealed interface ScsiOutcome {

    /**
     * GOOD.
     *
     * @param transferred bytes that were read or written; less than asked for where the target said
     *     so by an underflow (RFC 7143 §11.4.5.1)
     */
    record Good(int transferred) implements ScsiOutcome {}

    /**
     * Anything else.
     *
     * @param error what it means to a block device's user
     * @param status SCSI status code where the target answered, otherwise -1
     * @param sense sense data (SPC-4 §4.5), empty where there is none
     * @param message what happened, for people
     */
    record Failed(DiskError error, int status, ByteBuffer sense, String message)
            implements ScsiOutcome {}
}
