package dev.lunaria.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PDUs with bytes changed on the way: a PDU or a ProtocolException, nothing else. */
class MalformedPduSimulationTest {
    private static final int MAX_DATA_BYTES = 2048;
    private static final int ROUNDS = 3000;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void changedBytesArePdusOrAProtocolException(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Digests digests = new Digests(false, (seed & 1) != 0);
        RandomPdus pdus = new RandomPdus(random.split(), MAX_DATA_BYTES);
        for (int i = 0; i < ROUNDS; i++) {
            check(PduDecoder.forTarget(), pdus.initiator(), digests, random);
            check(PduDecoder.forInitiator(), pdus.target(), digests, random);
        }
    }

    /** With both digests no changed byte goes by, in the header or in the data. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6})
    void digestsFindEveryChangedByte(long seed) throws ProtocolException {
        SplittableRandom random = new SplittableRandom(seed);
        Digests both = new Digests(true, true);
        RandomPdus pdus = new RandomPdus(random.split(), MAX_DATA_BYTES);
        for (int i = 0; i < ROUNDS; i++) {
            ByteBuffer wire = encode(pdus.initiator(), both);
            change(wire, random);
            PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
            decoder.negotiated(both, MAX_DATA_BYTES);
            try {
                // A longer header than there are bytes is the only other outcome.
                assertThat(decoder.decode(wire)).isNull();
            } catch (ProtocolException expected) {
                assertThat(expected).hasMessageContaining("digest error");
            }
        }
    }

    private static <P extends Pdu> void check(
            PduDecoder<P> decoder, P pdu, Digests digests, SplittableRandom random) {
        ByteBuffer wire = encode(pdu, digests);
        for (int i = random.nextInt(3); i >= 0; i--) {
            change(wire, random);
        }
        decoder.negotiated(digests, MAX_DATA_BYTES);
        while (wire.hasRemaining()) {
            try {
                P decoded = decoder.decode(wire);
                if (decoded != null) {
                    assertThat(PduEncoder.dataBytes(decoded)).isLessThanOrEqualTo(MAX_DATA_BYTES);
                }
            } catch (ProtocolException e) {
                if (!e.recoverable()) {
                    return;
                }
            }
        }
    }

    private static void change(ByteBuffer wire, SplittableRandom random) {
        boolean header = random.nextBoolean();
        int at = random.nextInt(header ? Math.min(60, wire.limit()) : wire.limit());
        wire.put(at, (byte) (wire.get(at) ^ (1 + random.nextInt(255))));
    }

    private static ByteBuffer encode(Pdu pdu, Digests digests) {
        PduEncoder encoder = new PduEncoder();
        encoder.negotiated(digests);
        ByteBuffer wire = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, wire);
        return wire.flip();
    }
}
