package dev.lunaria.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PduDecoderTest {
    private final PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();

    /** RFC 3720 B.4: the data, and the CRC's bytes as they go over the wire. */
    @ParameterizedTest
    @CsvSource({
        "0000000000000000000000000000000000000000000000000000000000000000, aa36918a",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff, 43aba862",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f, 4e79dd46",
        "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100, 5cdb3f11",
        "01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
                + "0200000000000000, 563a96d9",
    })
    void crc32cIsThatOfRfc3720AppendixB4(String data, String wire) {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(data));
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        ByteBuffer expected = ByteBuffer.wrap(HexFormat.of().parseHex(wire));

        assertThat(Integer.reverseBytes((int) crc.getValue())).isEqualTo(expected.getInt());
    }

    /** RFC 3720 B.4's last vector is a SCSI Read (10) Command PDU: it decodes with its digest. */
    @Test
    void scsiCommandOfRfc3720AppendixB4Decodes() throws ProtocolException {
        decoder.negotiated(new Digests(true, false), 8192);
        String pdu =
                "01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
                        + "0200000000000000563a96d9";

        InitiatorPdu decoded = decoder.decode(ByteBuffer.wrap(HexFormat.of().parseHex(pdu)));

        assertThat(decoded)
                .isEqualTo(
                        new InitiatorPdu.ScsiCommand(
                                false,
                                true,
                                true,
                                false,
                                TaskAttribute.UNTAGGED,
                                0,
                                0x14000000,
                                1024,
                                0x14,
                                0x18,
                                ByteBuffer.wrap(
                                        HexFormat.of()
                                                .parseHex("28000000000000000200000000000000")),
                                0,
                                Pdu.NO_DATA));
    }

    /** RFC 7143 §7.8: who finds a header digest error closes the connection. */
    @Test
    void headerDigestErrorBreaksTheConnection() throws ProtocolException {
        decoder.negotiated(new Digests(true, false), 8192);
        ByteBuffer wire = encode(nop("x"), new Digests(true, false));
        wire.put(20, (byte) (wire.get(20) ^ 1));

        ProtocolException error = refused(wire);
        assertThat(error.recoverable()).isFalse();
        assertThat(error).hasMessageContaining("header digest");
        assertThat(refused(encode(nop("x"), new Digests(true, false))).recoverable()).isFalse();
    }

    /** RFC 7143 §7.8: a target answers a data digest error with a Reject, and goes on. */
    @Test
    void dataDigestErrorIsReportedAndTheNextPduDecodes() throws ProtocolException {
        Digests both = new Digests(true, true);
        decoder.negotiated(both, 8192);
        ByteBuffer wire = encode(nop("ping!"), both);
        wire.put(53, (byte) (wire.get(53) ^ 1));

        ProtocolException error = refused(wire);

        assertThat(error.reason()).isEqualTo(RejectReason.DATA_DIGEST_ERROR);
        assertThat(error.recoverable()).isTrue();
        assertThat(error.header()).isEqualTo(wire.slice(0, 48));
        assertThat(decoder.decode(encode(nop("pong"), both))).isEqualTo(nop("pong"));
    }

    @ParameterizedTest
    @ValueSource(ints = {8193, 1 << 20, PduDecoder.MAX_DATA_SEGMENT_BYTES})
    void dataSegmentBeyondMaxRecvDataSegmentLengthBreaksTheConnection(int bytes) {
        ByteBuffer wire = encode(nop(""), Digests.NONE);
        wire.putInt(4, bytes);

        ProtocolException error = refused(wire);

        assertThat(error.recoverable()).isFalse();
        assertThat(error).hasMessageContaining("MaxRecvDataSegmentLength 8192");
    }

    /** RFC 7143 §11.17.1: command not supported. */
    @ParameterizedTest
    @ValueSource(ints = {0x07, 0x0f, 0x11, 0x1c, 0x1f, 0x20, 0x25, 0x3f})
    void unknownOpcodeIsRejectedAndPassedOver(int opcode) throws ProtocolException {
        ByteBuffer wire = encode(nop("abcde"), Digests.NONE);
        wire.put(0, (byte) opcode);

        ProtocolException error = refused(wire);

        assertThat(error.reason()).isEqualTo(RejectReason.COMMAND_NOT_SUPPORTED);
        assertThat(error.recoverable()).isTrue();
        assertThat(wire.hasRemaining()).isFalse();
        assertThat(decoder.decode(encode(nop("y"), Digests.NONE))).isEqualTo(nop("y"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000100", // no length
                "00020100", // reaches beyond all additional headers
                "000103ff", // unknown type
                "00010100", // an extended CDB of nothing
                "0005020000000008" + "0005020000000008", // twice
            })
    void malformedAdditionalHeaderIsAnInvalidPduField(String additional) {
        byte[] bytes = HexFormat.of().parseHex(additional);
        ByteBuffer wire = ByteBuffer.allocate(48 + bytes.length);
        wire.put(0, (byte) 0x01).put(4, (byte) (bytes.length / 4)).put(48, bytes);

        ProtocolException error = refused(wire);

        assertThat(error.reason()).isEqualTo(RejectReason.INVALID_PDU_FIELD);
        assertThat(error.recoverable()).isTrue();
    }

    @Test
    void additionalHeaderBelongsToScsiCommandsAlone() {
        ByteBuffer wire = ByteBuffer.allocate(52);
        wire.put(4, (byte) 1);

        assertThat(refused(wire).reason()).isEqualTo(RejectReason.INVALID_PDU_FIELD);
    }

    @Test
    void wholeSegmentIsASliceOfTheInput() throws ProtocolException {
        ByteBuffer wire = encode(nop("abcd"), Digests.NONE);

        InitiatorPdu.NopOut decoded =
                (InitiatorPdu.NopOut) Objects.requireNonNull(decoder.decode(wire));
        wire.put(48, (byte) 'X');

        assertThat(StandardCharsets.US_ASCII.decode(decoded.data()).toString()).isEqualTo("Xbcd");
    }

    /** The header promises 16 MiB - 1; memory follows what arrives. */
    @Test
    void promisedSegmentCostsNoMemoryBeforeItArrives() throws ProtocolException {
        decoder.negotiated(Digests.NONE, PduDecoder.MAX_DATA_SEGMENT_BYTES);
        for (int i = 0; i < 100; i++) {
            PduDecoder<InitiatorPdu> one = PduDecoder.forTarget();
            one.negotiated(Digests.NONE, PduDecoder.MAX_DATA_SEGMENT_BYTES);
            ByteBuffer wire = ByteBuffer.allocate(49).putInt(4, PduDecoder.MAX_DATA_SEGMENT_BYTES);
            assertThat(one.decode(wire)).isNull();
            assertThat(one.idle()).isFalse();
        }
    }

    /** Thousands of sessions, most of them idle: none holds the longest segment it ever had. */
    @Test
    void memoryOfACollectedSegmentIsGivenBackWhenTheStreamPauses() throws ProtocolException {
        decoder.negotiated(Digests.NONE, 1 << 20);
        ByteBuffer wire = encode(nop("x".repeat(300_000)), Digests.NONE);
        assertThat(decoder.decode(wire.slice(0, 200_000))).isNull();
        assertThat(decoder.decode(wire.slice(200_000, wire.limit() - 200_000))).isNotNull();
        assertThat(decoder.heldBytes()).isGreaterThanOrEqualTo(300_000);

        assertThat(decoder.decode(ByteBuffer.allocate(0))).isNull();

        assertThat(decoder.heldBytes()).isZero();
    }

    private ProtocolException refused(ByteBuffer wire) {
        ByteBuffer in = wire.duplicate();
        try {
            return catchThrowableOfType(ProtocolException.class, () -> decoder.decode(in));
        } finally {
            wire.position(in.position());
        }
    }

    private static InitiatorPdu.NopOut nop(String data) {
        return new InitiatorPdu.NopOut(
                true,
                0,
                7,
                Pdu.RESERVED_TAG,
                1,
                2,
                ByteBuffer.wrap(data.getBytes(StandardCharsets.US_ASCII)));
    }

    private static ByteBuffer encode(Pdu pdu, Digests digests) {
        PduEncoder encoder = new PduEncoder();
        encoder.negotiated(digests);
        ByteBuffer wire = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, wire);
        return wire.flip();
    }
}
