package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.Payload;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Cuts what a command read into the data segments of Data-In PDUs (RFC 7143 §11.7): none longer
 * than the initiator's MaxRecvDataSegmentLength, the F bit at the end of each MaxBurstLength.
 *
 * <p>Used on the session's event loop, for one command. Copies no data.
 */
final class DataInSequence implements Iterator<DataInSequence.Segment> {

    /**
     * The data of one Data-In PDU.
     *
     * @param bufferOffset in bytes from the start of the command's data
     * @param endsBurst the F bit
     * @param endsData nothing follows: the place for the status
     */
    record Segment(
            int dataSn, int bufferOffset, boolean endsBurst, boolean endsData, Payload payload) {}

    private final Payload data;
    private final int length;
    private final int maxSegment;
    private final int maxBurst;
    private int offset;
    private int dataSn;

    /**
     * @param length how much of the data goes out, in bytes
     */
    DataInSequence(Payload data, int length, int maxSegment, int maxBurst) {
        this.data = data;
        this.length = length;
        this.maxSegment = maxSegment;
        this.maxBurst = maxBurst;
    }

    @Override
    public boolean hasNext() {
        return offset < length;
    }

    @Override
    public Segment next() {
        if (offset >= length) {
            throw new NoSuchElementException();
        }
        int untilBurstEnd = maxBurst - offset % maxBurst;
        int bytes = Math.min(length - offset, Math.min(maxSegment, untilBurstEnd));
        int start = offset;
        offset += bytes;
        boolean endsData = offset == length;
        Payload part = start == 0 && bytes == data.length() ? data : data.slice(start, bytes);
        return new Segment(dataSn++, start, endsData || bytes == untilBurstEnd, endsData, part);
    }

    /** How many PDUs were made. */
    int count() {
        return dataSn;
    }
}
