package dev.lunaria.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PduEncoderTest {
    private record FileRegion() implements Payload.Region {}

    private final PduEncoder encoder = new PduEncoder();

    @Test
    void dataInWithAnExternalPayloadIsItsHeaderAlone() throws ProtocolException {
        TargetPdu.DataIn pdu = dataIn(new Payload.External(new FileRegion(), 4096, 1001));
        ByteBuffer out = ByteBuffer.allocate(48 + 3);
        encoder.encode(pdu, out);
        assertThat(out.position()).isEqualTo(48).isEqualTo(encoder.encodedBytes(pdu));
        encoder.encodePadding(1001, out);
        assertThat(out.hasRemaining()).isFalse();

        PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
        ByteBuffer wire = ByteBuffer.allocate(48 + 1004).put(out.flip().limit(48)).rewind();
        assertThat(decoder.decode(wire))
                .isEqualTo(dataIn(new Payload.Bytes(ByteBuffer.allocate(1001))));
    }

    @Test
    void headerDataAndTrailerSentApartAreTheSameBytes() {
        encoder.negotiated(new Digests(true, true));
        ByteBuffer data = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5});
        TargetPdu.DataIn pdu = dataIn(new Payload.Bytes(data));
        ByteBuffer whole = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, whole);

        ByteBuffer apart = ByteBuffer.allocate(whole.capacity());
        encoder.encodeHeader(pdu, apart);
        assertThat(apart.position()).isEqualTo(encoder.headerBytes(pdu));
        apart.put(data.duplicate());
        encoder.encodeTrailer(data, apart);

        assertThat(apart.flip()).isEqualTo(whole.flip());
        assertThat(encoder.trailerBytes(5)).isEqualTo(7);
    }

    @Test
    void paddingWithoutTheDataIsRefusedWhereADigestCoversIt() {
        encoder.negotiated(new Digests(false, true));
        assertThatThrownBy(() -> encoder.encodePadding(1, ByteBuffer.allocate(8)))
                .isInstanceOf(IllegalStateException.class);
    }

    private static TargetPdu.DataIn dataIn(Payload payload) {
        return new TargetPdu.DataIn(
                true,
                false,
                true,
                0,
                0,
                5,
                Pdu.RESERVED_TAG,
                1,
                2,
                3,
                0,
                0,
                Residual.NONE,
                payload);
    }
}
