package dev.lunaria.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;

/** No bytes, in whatever pieces, do more than a ProtocolException. */
class PduDecoderFuzzTest {
    private static final int MAX_DATA_BYTES = 4096;

    @FuzzTest(maxDuration = "60s")
    void anyBytesFromAnInitiatorArePdusOrAProtocolException(FuzzedDataProvider input) {
        run(PduDecoder.forTarget(), input);
    }

    @FuzzTest(maxDuration = "60s")
    void anyBytesFromATargetArePdusOrAProtocolException(FuzzedDataProvider input) {
        run(PduDecoder.forInitiator(), input);
    }

    private static <P extends Pdu> void run(PduDecoder<P> decoder, FuzzedDataProvider input) {
        Digests digests = new Digests(input.consumeBoolean(), input.consumeBoolean());
        boolean direct = input.consumeBoolean();
        decoder.negotiated(digests, MAX_DATA_BYTES);
        PduEncoder encoder = new PduEncoder();
        while (input.remainingBytes() > 0) {
            byte[] piece = input.consumeBytes(input.consumeInt(1, 200));
            ByteBuffer bytes =
                    direct
                            ? ByteBuffer.allocateDirect(piece.length)
                            : ByteBuffer.allocate(piece.length);
            bytes.put(0, piece);
            while (bytes.hasRemaining()) {
                if (!take(decoder, bytes, encoder)) {
                    return;
                }
            }
        }
    }

    private static <P extends Pdu> boolean take(
            PduDecoder<P> decoder, ByteBuffer bytes, PduEncoder encoder) {
        int before = bytes.remaining();
        try {
            P pdu = decoder.decode(bytes);
            if (pdu == null) {
                assertThat(bytes.hasRemaining()).isFalse();
                return true;
            }
            assertThat(PduEncoder.dataBytes(pdu)).isLessThanOrEqualTo(MAX_DATA_BYTES);
            // What was understood can be said again.
            ByteBuffer again = ByteBuffer.allocate(encoder.encodedBytes(pdu));
            encoder.encode(pdu, again);
            assertThat(again.hasRemaining()).isFalse();
        } catch (ProtocolException e) {
            assertThat(e.header().remaining()).isEqualTo(Pdu.BASIC_HEADER_BYTES);
            return e.recoverable();
        }
        assertThat(bytes.remaining()).isLessThan(before);
        return true;
    }
}
