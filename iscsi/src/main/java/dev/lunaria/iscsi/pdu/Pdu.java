package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * One iSCSI protocol data unit (RFC 7143 §11): basic header, and data segment without its padding.
 *
 * <p>Immutable but for the data segment's bytes, which whoever decoded the PDU owns; a receiver
 * that keeps them past its turn copies them. Bounded by the receiver's MaxRecvDataSegmentLength.
 */
public sealed interface Pdu permits InitiatorPdu, TargetPdu {

    /** The tag that no task has (RFC 7143 §11.2.1.8): 0xffffffff. */
    int RESERVED_TAG = 0xffffffff;

    /** Length of the basic header segment in bytes (RFC 7143 §11.2.1). */
    int BASIC_HEADER_BYTES = 48;

    /** An empty data segment. */
    ByteBuffer NO_DATA = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /** Initiator Task Tag (RFC 7143 §11.2.1.8). */
    int initiatorTaskTag();
}
