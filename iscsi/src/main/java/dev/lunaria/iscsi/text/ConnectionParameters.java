package dev.lunaria.iscsi.text;

import dev.lunaria.iscsi.pdu.Digests;

/**
 * What was negotiated for a connection (RFC 7143 §13). Immutable.
 *
 * @param digests from the full-feature phase on
 * @param maxRecvDataSegmentLength the longest data segment that this side takes, in bytes
 * @param maxSendDataSegmentLength the longest that the other side takes, in bytes
 */
public record ConnectionParameters(
        Digests digests, int maxRecvDataSegmentLength, int maxSendDataSegmentLength) {}
