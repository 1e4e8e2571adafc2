package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes PDUs as bytes (RFC 7143 §11): header with additional headers and digest, data, padding and
 * data digest.
 *
 * <p>Owned by one connection, on its event loop; allocates nothing. A PDU is header, data and
 * trailer: {@link #encode} writes all three, {@link #encodeHeader} and {@link #encodeTrailer} leave
 * the data to a transport that has a better way for it.
 */
public final class PduEncoder {
    private final CRC32C crc = new CRC32C();
    private Digests digests = Digests.NONE;

    /** Sets what login negotiated; from the next PDU on. */
    public void negotiated(Digests digests) {
        this.digests = digests;
    }

    /** Length of the data segment in bytes, without padding. */
    public static int dataBytes(Pdu pdu) {
        return pdu instanceof TargetPdu.DataIn in ? in.payload().length() : data(pdu).remaining();
    }

    /** How many bytes {@link #encodeHeader} writes. */
    public int headerBytes(Pdu pdu) {
        int bytes = Pdu.BASIC_HEADER_BYTES + HeaderWriter.additionalBytes(pdu);
        return digests.header() ? bytes + Digests.BYTES : bytes;
    }

    /**
     * How many bytes {@link #encodeTrailer} writes after a data segment.
     *
     * @param dataBytes its length without padding
     */
    public int trailerBytes(int dataBytes) {
        int padding = -dataBytes & 3;
        return digests.data() && dataBytes > 0 ? padding + Digests.BYTES : padding;
    }

    /** How many bytes {@link #encode} writes. */
    public int encodedBytes(Pdu pdu) {
        if (pdu instanceof TargetPdu.DataIn in && in.payload() instanceof Payload.External) {
            return headerBytes(pdu);
        }
        int dataBytes = dataBytes(pdu);
        return headerBytes(pdu) + dataBytes + trailerBytes(dataBytes);
    }

    /**
     * Writes a whole PDU; of a Data-In whose payload is external only the header: the transport
     * sends the region and the trailer.
     *
     * @param out big-endian, with room for {@link #encodedBytes}
     */
    public void encode(Pdu pdu, ByteBuffer out) {
        encodeHeader(pdu, out);
        if (!(pdu instanceof TargetPdu.DataIn in)) {
            encodeData(data(pdu), out);
            return;
        }
        switch (in.payload()) {
            case Payload.Bytes(ByteBuffer bytes) -> encodeData(bytes, out);
            case Payload.External external -> {
                // Sent by the transport.
            }
        }
    }

    /** Writes basic header, additional headers and header digest. */
    public void encodeHeader(Pdu pdu, ByteBuffer out) {
        int start = out.position();
        HeaderWriter.write(pdu, dataBytes(pdu), out);
        if (digests.header()) {
            crc.reset();
            crc.update(out.slice(start, out.position() - start));
            out.putInt(Integer.reverseBytes((int) crc.getValue()));
        }
    }

    /**
     * Writes padding and data digest.
     *
     * @param data the whole data segment from position to limit; not moved
     */
    public void encodeTrailer(ByteBuffer data, ByteBuffer out) {
        int dataBytes = data.remaining();
        int start = out.position();
        for (int i = -dataBytes & 3; i > 0; i--) {
            out.put((byte) 0);
        }
        if (digests.data() && dataBytes > 0) {
            crc.reset();
            crc.update(data.duplicate());
            crc.update(out.slice(start, out.position() - start));
            out.putInt(Integer.reverseBytes((int) crc.getValue()));
        }
    }

    /**
     * Writes the padding after a data segment that was sent without being read, so that there is no
     * data digest.
     *
     * @param dataBytes the segment's length without padding
     */
    public void encodePadding(int dataBytes, ByteBuffer out) {
        if (digests.data()) {
            throw new IllegalStateException("a data digest needs the data");
        }
        for (int i = -dataBytes & 3; i > 0; i--) {
            out.put((byte) 0);
        }
    }

    private void encodeData(ByteBuffer data, ByteBuffer out) {
        int bytes = data.remaining();
        if (bytes > 0) {
            out.put(out.position(), data, data.position(), bytes);
            out.position(out.position() + bytes);
            encodeTrailer(data, out);
        }
    }

    private static ByteBuffer data(Pdu pdu) {
        return switch (pdu) {
            case InitiatorPdu.NopOut p -> p.data();
            case InitiatorPdu.ScsiCommand p -> p.data();
            case InitiatorPdu.TaskManagementRequest p -> Pdu.NO_DATA;
            case InitiatorPdu.DataOut p -> p.data();
            case InitiatorPdu.TextRequest p -> p.data();
            case InitiatorPdu.LoginRequest p -> p.data();
            case InitiatorPdu.LogoutRequest p -> Pdu.NO_DATA;
            case InitiatorPdu.SnackRequest p -> Pdu.NO_DATA;
            case TargetPdu.NopIn p -> p.data();
            case TargetPdu.ScsiResponse p -> p.data();
            case TargetPdu.TaskManagementResponse p -> Pdu.NO_DATA;
            case TargetPdu.DataIn p ->
                    throw new IllegalArgumentException("a Data-In has a payload, not data");
            case TargetPdu.ReadyToTransfer p -> Pdu.NO_DATA;
            case TargetPdu.AsyncMessage p -> p.data();
            case TargetPdu.TextResponse p -> p.data();
            case TargetPdu.LoginResponse p -> p.data();
            case TargetPdu.LogoutResponse p -> Pdu.NO_DATA;
            case TargetPdu.Reject p -> p.data();
        };
    }
}
