package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * What a SCSI Command's additional header segments say (RFC 7143 §11.2.2). Bounded by
 * TotalAHSLength: 1020 bytes.
 *
 * @param cdbOffset where the CDB goes on, from the header's start
 * @param cdbBytes how much of it; 0 without an extended CDB
 * @param bidirectionalReadLength in bytes, unsigned; 0 without one
 */
record AdditionalHeaders(int cdbOffset, int cdbBytes, int bidirectionalReadLength) {
    /** AHSLength, AHSType and one reserved or specific byte. */
    static final int PREFIX_BYTES = 4;

    /** AHSLength of a bidirectional read length: the reserved byte and the length. */
    static final int BIDIRECTIONAL_AHS_LENGTH = 5;

    /** SPC-4 §4.2.1: a variable-length CDB has at most 260 bytes. */
    static final int MAX_EXTENDED_CDB_BYTES = 260 - 16;

    static AdditionalHeaders read(ByteBuffer h, int additionalBytes) throws MalformedHeader {
        int position = Pdu.BASIC_HEADER_BYTES;
        int end = position + additionalBytes;
        int cdbOffset = position;
        int cdbBytes = 0;
        int bidirectional = 0;
        boolean seenBidirectional = false;
        while (position < end) {
            int length = h.getShort(position) & 0xffff;
            int next = position + ((length + 3 + 3) & ~3);
            if (length == 0 || next > end) {
                throw malformed("an additional header is longer than all of them");
            }
            switch (h.get(position + 2)) {
                case Flags.AHS_EXTENDED_CDB -> {
                    if (cdbBytes > 0 || length < 2 || length - 1 > MAX_EXTENDED_CDB_BYTES) {
                        throw malformed("an extended CDB of AHSLength " + length);
                    }
                    cdbOffset = position + PREFIX_BYTES;
                    cdbBytes = length - 1;
                }
                case Flags.AHS_BIDIRECTIONAL_READ_LENGTH -> {
                    if (seenBidirectional || length != BIDIRECTIONAL_AHS_LENGTH) {
                        throw malformed("a bidirectional read length of AHSLength " + length);
                    }
                    seenBidirectional = true;
                    bidirectional = h.getInt(position + PREFIX_BYTES);
                }
                default ->
                        throw malformed(
                                "an additional header of unknown type " + h.get(position + 2));
            }
            position = next;
        }
        return new AdditionalHeaders(cdbOffset, cdbBytes, bidirectional);
    }

    private static MalformedHeader malformed(String message) {
        return new MalformedHeader(RejectReason.INVALID_PDU_FIELD, message);
    }
}
