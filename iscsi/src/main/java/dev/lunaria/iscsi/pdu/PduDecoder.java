package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream into PDUs (RFC 7143 §11.2), however the bytes come apart.
 *
 * <p>Owned by one connection, on its event loop. Holds at most one header (1072 bytes) and one data
 * segment of {@code maxRecvDataSegmentLength}, allocated as its bytes arrive and given back (but
 * for 16 KiB) when the stream pauses between two PDUs.
 *
 * <p>A data segment that lies whole in the given bytes is handed out as a slice of them; one that
 * came in pieces is collected in a buffer that the decoder uses again, unless the transport keeps
 * them together itself ({@link #leaveSegments}). Either way it holds only until the next call: who
 * keeps it longer copies it.
 */
public final class PduDecoder<P extends Pdu> {
    /** What the header's three bytes can say (RFC 7143 §11.2.1.6). */
    public static final int MAX_DATA_SEGMENT_BYTES = 0xffffff;

    /** MaxRecvDataSegmentLength until another is declared (RFC 7143 §13.12). */
    public static final int DEFAULT_MAX_RECV_DATA_SEGMENT_LENGTH = 8192;

    /** TotalAHSLength is one byte, in words (RFC 7143 §11.2.1.5). */
    private static final int MAX_HEADER_BYTES = Pdu.BASIC_HEADER_BYTES + 255 * 4 + Digests.BYTES;

    private static final int FIRST_COLLECT_BYTES = 16 * 1024;

    private enum State {
        BASIC_HEADER,
        REST_OF_HEADER,
        DATA,
        BROKEN
    }

    private final Headers<P> headers;
    private final CRC32C crc = new CRC32C();
    private Digests digests = Digests.NONE;
    private int maxRecvDataSegmentLength;

    private State state = State.BASIC_HEADER;
    private ByteBuffer header = ByteBuffer.allocate(Pdu.BASIC_HEADER_BYTES + Digests.BYTES);
    private int headerBytes = Pdu.BASIC_HEADER_BYTES;
    private int additionalBytes;
    private int dataBytes;
    private int segmentBytes;
    private boolean leavesSegments;
    private byte[] collected = new byte[0];
    private int collectedBytes;

    private PduDecoder(Headers<P> headers, int maxRecvDataSegmentLength) {
        this.headers = headers;
        this.maxRecvDataSegmentLength = maxRecvDataSegmentLength;
    }

    /** For a target: decodes what an initiator sends. */
    public static PduDecoder<InitiatorPdu> forTarget() {
        return new PduDecoder<>(new InitiatorHeaders(), DEFAULT_MAX_RECV_DATA_SEGMENT_LENGTH);
    }

    /** For an initiator: decodes what a target sends. */
    public static PduDecoder<TargetPdu> forInitiator() {
        return new PduDecoder<>(new TargetHeaders(), DEFAULT_MAX_RECV_DATA_SEGMENT_LENGTH);
    }

    /**
     * Sets what login negotiated; from the next PDU on.
     *
     * @param maxRecvDataSegmentLength the longest data segment that is taken, in bytes: what this
     *     side declared
     */
    public void negotiated(Digests digests, int maxRecvDataSegmentLength) {
        this.digests = digests;
        this.maxRecvDataSegmentLength =
                Math.clamp(maxRecvDataSegmentLength, 0, MAX_DATA_SEGMENT_BYTES);
    }

    /**
     * From now on a data segment that isn't whole yet is left where it is, instead of being copied
     * piece by piece: for a transport that brings it again together with what follows. Before the
     * first PDU.
     */
    public void leaveSegments() {
        leavesSegments = true;
    }

    /**
     * How many bytes the next {@link #decode} needs together to go on, digest included; 0 where any
     * number will do.
     */
    public int wantedTogether() {
        return leavesSegments && state == State.DATA && dataBytes > 0 ? segmentBytes : 0;
    }

    /** Whether no PDU has been begun: the bytes so far ended with one. */
    public boolean idle() {
        return state == State.BASIC_HEADER && header.position() == 0;
    }

    /** Memory that is kept for collecting segments, in bytes. */
    int heldBytes() {
        return collected.length;
    }

    /**
     * Takes bytes up to the end of the next PDU.
     *
     * @return the PDU, or null where it isn't whole yet and all bytes were taken, save those of a
     *     segment that is left (see {@link #leaveSegments})
     * @throws ProtocolException for bytes that are no PDU; where it is not recoverable every later
     *     call throws too
     */
    public @Nullable P decode(ByteBuffer in) throws ProtocolException {
        if (state == State.BASIC_HEADER) {
            if (!fill(in, Pdu.BASIC_HEADER_BYTES)) {
                if (idle() && collected.length > FIRST_COLLECT_BYTES) {
                    // Thousands of quiet connections must not each hold their longest segment.
                    collected = new byte[0];
                }
                return null;
            }
            additionalBytes = (header.get(4) & 0xff) * 4;
            headerBytes =
                    Pdu.BASIC_HEADER_BYTES
                            + additionalBytes
                            + (digests.header() ? Digests.BYTES : 0);
            state = State.REST_OF_HEADER;
        }
        if (state == State.REST_OF_HEADER) {
            if (!fill(in, headerBytes)) {
                return null;
            }
            headerComplete();
        }
        if (state == State.BROKEN) {
            throw refuse(RejectReason.PROTOCOL_ERROR, false, "the stream is out of step");
        }
        return data(in);
    }

    private boolean fill(ByteBuffer in, int needed) {
        if (header.capacity() < needed) {
            ByteBuffer larger = ByteBuffer.allocate(MAX_HEADER_BYTES);
            larger.put(header.flip());
            header = larger;
        }
        int bytes = Math.min(in.remaining(), needed - header.position());
        header.put(header.position(), in, in.position(), bytes);
        header.position(header.position() + bytes);
        in.position(in.position() + bytes);
        return header.position() == needed;
    }

    private void headerComplete() throws ProtocolException {
        if (digests.header()) {
            int covered = headerBytes - Digests.BYTES;
            crc.reset();
            crc.update(header.array(), 0, covered);
            if (!matches(header, covered)) {
                throw broken(RejectReason.PROTOCOL_ERROR, "header digest error");
            }
        }
        dataBytes = header.getInt(4) & MAX_DATA_SEGMENT_BYTES;
        if (dataBytes > maxRecvDataSegmentLength) {
            throw broken(
                    RejectReason.PROTOCOL_ERROR,
                    "a data segment of %d bytes is longer than MaxRecvDataSegmentLength %d"
                            .formatted(dataBytes, maxRecvDataSegmentLength));
        }
        int digestBytes = digests.data() && dataBytes > 0 ? Digests.BYTES : 0;
        segmentBytes = padded(dataBytes) + digestBytes;
        collectedBytes = 0;
        state = State.DATA;
    }

    private @Nullable P data(ByteBuffer in) throws ProtocolException {
        if (dataBytes == 0) {
            return complete(Pdu.NO_DATA);
        }
        ByteBuffer segment;
        if (collectedBytes == 0 && in.remaining() >= segmentBytes) {
            segment = in.slice(in.position(), segmentBytes);
            in.position(in.position() + segmentBytes);
        } else if (leavesSegments) {
            return null;
        } else {
            collect(in);
            if (collectedBytes < segmentBytes) {
                return null;
            }
            collectedBytes = 0;
            segment = ByteBuffer.wrap(collected, 0, segmentBytes);
        }
        if (digests.data()) {
            int covered = segmentBytes - Digests.BYTES;
            crc.reset();
            crc.update(segment.slice(0, covered));
            if (!matches(segment, covered)) {
                ProtocolException error =
                        refuse(RejectReason.DATA_DIGEST_ERROR, true, "data digest error");
                next();
                throw error;
            }
        }
        return complete(segment.slice(0, dataBytes));
    }

    private void collect(ByteBuffer in) {
        int bytes = Math.min(in.remaining(), segmentBytes - collectedBytes);
        int needed = collectedBytes + bytes;
        if (collected.length < needed) {
            // By what has arrived, not by what the header promises.
            int size = Math.max(Math.max(2 * collected.length, FIRST_COLLECT_BYTES), needed);
            byte[] larger = new byte[Math.min(size, Math.max(segmentBytes, collected.length))];
            System.arraycopy(collected, 0, larger, 0, collectedBytes);
            collected = larger;
        }
        in.get(collected, collectedBytes, bytes);
        collectedBytes = needed;
    }

    private P complete(ByteBuffer data) throws ProtocolException {
        try {
            return headers.read(header, additionalBytes, data);
        } catch (MalformedHeader e) {
            throw refuse(e.reason(), true, String.valueOf(e.getMessage()));
        } finally {
            next();
        }
    }

    private void next() {
        header.clear();
        state = State.BASIC_HEADER;
    }

    /** RFC 7143 §11.2.3: a digest is sent as the CRC's bytes from the lowest. */
    private boolean matches(ByteBuffer bytes, int offset) {
        return Integer.reverseBytes((int) crc.getValue()) == bytes.getInt(offset);
    }

    private ProtocolException broken(RejectReason reason, String message) {
        state = State.BROKEN;
        return refuse(reason, false, message);
    }

    private ProtocolException refuse(RejectReason reason, boolean recoverable, String message) {
        ByteBuffer copy = ByteBuffer.allocate(Pdu.BASIC_HEADER_BYTES);
        copy.put(0, header, 0, Pdu.BASIC_HEADER_BYTES);
        return new ProtocolException(reason, recoverable, copy.asReadOnlyBuffer(), message);
    }

    /** A data segment's length with its padding to a whole number of words (RFC 7143 §11.1). */
    static int padded(int bytes) {
        return (bytes + 3) & ~3;
    }

    /** Makes a PDU of a whole header and its data segment. */
    interface Headers<P extends Pdu> {
        P read(ByteBuffer header, int additionalBytes, ByteBuffer data) throws MalformedHeader;
    }
}
