package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.Pdu;
import java.nio.ByteBuffer;

/** The data segment of a SCSI Response (RFC 7143 §11.4.7): SenseLength, sense data, the rest. */
final class SenseSegment {
    private SenseSegment() {}

    /** The sense data in it; empty where there is none or the segment is cut. */
    static ByteBuffer sense(ByteBuffer segment) {
        if (segment.remaining() < Short.BYTES) {
            return Pdu.NO_DATA;
        }
        int length = Short.toUnsignedInt(segment.getShort(segment.position()));
        int there = segment.remaining() - Short.BYTES;
        return segment.slice(segment.position() + Short.BYTES, Math.min(length, there));
    }
}
