package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.Pdu;
import java.nio.ByteBuffer;

/**
 * One SCSI command as a session's user hands it in.
 *
 * <p>Its buffers are the session's from the call to the completion. Data goes one way at most.
 *
 * @param lun in the form of the wire (SAM-5 §4.7); 0 for LUN 0
 * @param cdb at most 16 bytes
 * @param dataOut what the command writes, from position to limit
 * @param dataIn where what it reads goes, from position to limit; the position isn't moved
 */
public record ScsiRequest(long lun, ByteBuffer cdb, ByteBuffer dataOut, ByteBuffer dataIn) {
    private static final int CDB_BYTES = 16;

    public ScsiRequest {
        if (cdb.remaining() > CDB_BYTES || cdb.remaining() == 0) {
            throw new IllegalArgumentException("a CDB of " + cdb.remaining() + " bytes");
        }
        if (dataOut.hasRemaining() && dataIn.hasRemaining()) {
            throw new IllegalArgumentException("bidirectional commands aren't spoken");
        }
        cdb = padded(cdb);
        dataOut = dataOut.slice();
        dataIn = dataIn.slice();
    }

    /** A command without data. */
    public static ScsiRequest plain(long lun, ByteBuffer cdb) {
        return new ScsiRequest(lun, cdb, Pdu.NO_DATA, Pdu.NO_DATA);
    }

    /** A command that reads {@code into}. */
    public static ScsiRequest reading(long lun, ByteBuffer cdb, ByteBuffer into) {
        return new ScsiRequest(lun, cdb, Pdu.NO_DATA, into);
    }

    /** A command that writes {@code from}. */
    public static ScsiRequest writing(long lun, ByteBuffer cdb, ByteBuffer from) {
        return new ScsiRequest(lun, cdb, from, Pdu.NO_DATA);
    }

    /** ExpectedDataTransferLength (RFC 7143 §11.3.4) in bytes. */
    int expectedLength() {
        return dataOut.remaining() + dataIn.remaining();
    }

    private static ByteBuffer padded(ByteBuffer cdb) {
        if (cdb.remaining() == CDB_BYTES) {
            return cdb;
        }
        ByteBuffer whole = ByteBuffer.allocate(CDB_BYTES);
        whole.put(0, cdb, cdb.position(), cdb.remaining());
        return whole.asReadOnlyBuffer();
    }

    /** Takes a command's outcome, exactly once, on the session's event loop. Must not throw. */
    @FunctionalInterface
    public interface Completion {
        void complete(ScsiOutcome outcome);
    }
}
