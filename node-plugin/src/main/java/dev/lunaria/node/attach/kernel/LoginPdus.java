package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * PDUs that go through the kernel, as bytes. Before the full-feature phase there are no digests,
 * and after it the kernel makes them. Stateless.
 */
final class LoginPdus {
    /**
     * What our requests carry as their Initiator Task Tag. The kernel puts its own in its place and
     * leaves it in the answers, which get ours back here.
     */
    static final int TASK_TAG = 0;

    private static final int TASK_TAG_AT = 16;

    private LoginPdus() {}

    /** Header, data and padding. */
    static ByteBuffer encode(InitiatorPdu pdu) {
        var encoder = new PduEncoder();
        ByteBuffer bytes = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, bytes);
        return bytes.flip();
    }

    /**
     * A PDU from the kernel.
     *
     * @param bytes header, and data without padding
     */
    static TargetPdu decode(ByteBuffer bytes) throws IOException {
        int data = bytes.remaining() - Pdu.BASIC_HEADER_BYTES;
        ByteBuffer padded = ByteBuffer.allocate(Pdu.BASIC_HEADER_BYTES + ((data + 3) & ~3));
        padded.put(0, bytes, bytes.position(), bytes.remaining());
        padded.putInt(TASK_TAG_AT, TASK_TAG);
        try {
            TargetPdu pdu = PduDecoder.forInitiator().decode(padded);
            if (pdu == null) {
                throw new IOException("the kernel handed over a PDU that is cut off");
            }
            return pdu;
        } catch (ProtocolException e) {
            throw new IOException("the target answers with no PDU: " + e.getMessage(), e);
        }
    }
}
