package dev.lunaria.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an encoder writes, a decoder reads, in whatever pieces it arrives. */
class PduCodecSimulationTest {
    private static final int MAX_DATA_BYTES = 40_000;
    private static final int PDUS = 400;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void pdusSurviveEveryFragmentation(long seed) throws ProtocolException {
        SplittableRandom random = new SplittableRandom(seed);
        Digests digests = new Digests((seed & 1) != 0, (seed & 2) != 0);
        RandomPdus pdus = new RandomPdus(random.split(), MAX_DATA_BYTES);
        PduDecoder<InitiatorPdu> target = PduDecoder.forTarget();
        PduDecoder<TargetPdu> initiator = PduDecoder.forInitiator();
        target.negotiated(digests, MAX_DATA_BYTES);
        initiator.negotiated(digests, MAX_DATA_BYTES);

        List<InitiatorPdu> requests = new ArrayList<>();
        List<TargetPdu> responses = new ArrayList<>();
        for (int i = 0; i < PDUS; i++) {
            requests.add(pdus.initiator());
            responses.add(pdus.target());
        }
        checkRoundTrip(requests, target, digests, random, PduCodecSimulationTest::keep);
        checkRoundTrip(responses, initiator, digests, random, PduCodecSimulationTest::keep);
    }

    /** A transport that keeps the bytes of a segment together gets it whole, and none twice. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void segmentsThatAreLeftComeOutOnceTheyAreTogether(long seed) throws ProtocolException {
        SplittableRandom random = new SplittableRandom(seed);
        Digests digests = new Digests((seed & 1) != 0, (seed & 2) != 0);
        RandomPdus pdus = new RandomPdus(random.split(), MAX_DATA_BYTES);
        PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
        decoder.leaveSegments();
        decoder.negotiated(digests, MAX_DATA_BYTES);
        List<InitiatorPdu> sent = new ArrayList<>();
        for (int i = 0; i < PDUS; i++) {
            sent.add(pdus.initiator());
        }
        ByteBuffer wire = encode(sent, digests);

        List<InitiatorPdu> received = new ArrayList<>();
        int least = 1;
        while (wire.hasRemaining()) {
            int length = Math.min(wire.remaining(), least + random.nextInt(20_000));
            ByteBuffer piece = wire.slice(wire.position(), length);
            for (InitiatorPdu pdu = decoder.decode(piece);
                    pdu != null;
                    pdu = decoder.decode(piece)) {
                received.add(keep(pdu));
            }
            assertThat(piece.remaining()).isLessThan(Math.max(1, decoder.wantedTogether()));
            least = random.nextBoolean() ? Math.max(1, decoder.wantedTogether()) : 1;
            wire.position(wire.position() + piece.position());
        }
        assertThat(decoder.idle()).isTrue();
        assertThat(decoder.heldBytes()).isZero();
        assertThat(received).isEqualTo(sent);
    }

    private static <P extends Pdu> void checkRoundTrip(
            List<P> sent,
            PduDecoder<P> decoder,
            Digests digests,
            SplittableRandom random,
            Function<P, P> keep)
            throws ProtocolException {
        ByteBuffer wire = encode(sent, digests);
        List<P> received = new ArrayList<>();
        while (wire.hasRemaining()) {
            ByteBuffer piece = piece(wire, random);
            while (piece.hasRemaining()) {
                P pdu = decoder.decode(piece);
                if (pdu != null) {
                    received.add(keep.apply(pdu));
                }
            }
        }
        assertThat(decoder.idle()).isTrue();
        assertThat(received).isEqualTo(sent);
    }

    private static <P extends Pdu> ByteBuffer encode(List<P> pdus, Digests digests) {
        PduEncoder encoder = new PduEncoder();
        encoder.negotiated(digests);
        int bytes = pdus.stream().mapToInt(encoder::encodedBytes).sum();
        ByteBuffer wire = ByteBuffer.allocate(bytes);
        for (P pdu : pdus) {
            int start = wire.position();
            encoder.encode(pdu, wire);
            assertThat(wire.position() - start).isEqualTo(encoder.encodedBytes(pdu));
        }
        return wire.flip();
    }

    private static ByteBuffer piece(ByteBuffer wire, SplittableRandom random) {
        int longest = random.nextInt(4) == 0 ? 8 : 100_000;
        int length = Math.min(random.nextInt(longest) + 1, wire.remaining());
        ByteBuffer piece =
                random.nextBoolean()
                        ? ByteBuffer.allocateDirect(length)
                        : ByteBuffer.allocate(length);
        piece.put(0, wire, wire.position(), length);
        wire.position(wire.position() + length);
        return piece;
    }

    /** What a receiver does that keeps a PDU past the next call. */
    private static InitiatorPdu keep(InitiatorPdu pdu) {
        return switch (pdu) {
            case InitiatorPdu.NopOut p ->
                    new InitiatorPdu.NopOut(
                            p.immediate(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.cmdSn(),
                            p.expStatSn(),
                            copy(p.data()));
            case InitiatorPdu.ScsiCommand p ->
                    new InitiatorPdu.ScsiCommand(
                            p.immediate(),
                            p.last(),
                            p.read(),
                            p.write(),
                            p.attribute(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.expectedDataTransferLength(),
                            p.cmdSn(),
                            p.expStatSn(),
                            p.cdb(),
                            p.bidirectionalReadLength(),
                            copy(p.data()));
            case InitiatorPdu.DataOut p ->
                    new InitiatorPdu.DataOut(
                            p.last(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.expStatSn(),
                            p.dataSn(),
                            p.bufferOffset(),
                            copy(p.data()));
            case InitiatorPdu.TextRequest p ->
                    new InitiatorPdu.TextRequest(
                            p.immediate(),
                            p.last(),
                            p.continued(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.cmdSn(),
                            p.expStatSn(),
                            copy(p.data()));
            case InitiatorPdu.LoginRequest p ->
                    new InitiatorPdu.LoginRequest(
                            p.transit(),
                            p.continued(),
                            p.currentStage(),
                            p.nextStage(),
                            p.versionMax(),
                            p.versionMin(),
                            p.isid(),
                            p.tsih(),
                            p.initiatorTaskTag(),
                            p.connectionId(),
                            p.cmdSn(),
                            p.expStatSn(),
                            copy(p.data()));
            case InitiatorPdu.TaskManagementRequest p -> p;
            case InitiatorPdu.LogoutRequest p -> p;
            case InitiatorPdu.SnackRequest p -> p;
        };
    }

    private static TargetPdu keep(TargetPdu pdu) {
        return switch (pdu) {
            case TargetPdu.NopIn p ->
                    new TargetPdu.NopIn(
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            copy(p.data()));
            case TargetPdu.ScsiResponse p ->
                    new TargetPdu.ScsiResponse(
                            p.response(),
                            p.status(),
                            p.initiatorTaskTag(),
                            p.snackTag(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            p.expDataSn(),
                            p.residual(),
                            p.bidirectionalReadResidual(),
                            copy(p.data()));
            case TargetPdu.DataIn p ->
                    new TargetPdu.DataIn(
                            p.last(),
                            p.acknowledge(),
                            p.withStatus(),
                            p.status(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            p.dataSn(),
                            p.bufferOffset(),
                            p.residual(),
                            new Payload.Bytes(copy(((Payload.Bytes) p.payload()).buffer())));
            case TargetPdu.AsyncMessage p ->
                    new TargetPdu.AsyncMessage(
                            p.lun(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            p.event(),
                            p.vendorCode(),
                            p.parameter1(),
                            p.parameter2(),
                            p.parameter3(),
                            copy(p.data()));
            case TargetPdu.TextResponse p ->
                    new TargetPdu.TextResponse(
                            p.last(),
                            p.continued(),
                            p.lun(),
                            p.initiatorTaskTag(),
                            p.targetTransferTag(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            copy(p.data()));
            case TargetPdu.LoginResponse p ->
                    new TargetPdu.LoginResponse(
                            p.transit(),
                            p.continued(),
                            p.currentStage(),
                            p.nextStage(),
                            p.versionMax(),
                            p.versionActive(),
                            p.isid(),
                            p.tsih(),
                            p.initiatorTaskTag(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            p.statusClass(),
                            p.statusDetail(),
                            copy(p.data()));
            case TargetPdu.Reject p ->
                    new TargetPdu.Reject(
                            p.reason(),
                            p.statSn(),
                            p.expCmdSn(),
                            p.maxCmdSn(),
                            p.dataSnOrR2tSn(),
                            copy(p.data()));
            case TargetPdu.TaskManagementResponse p -> p;
            case TargetPdu.ReadyToTransfer p -> p;
            case TargetPdu.LogoutResponse p -> p;
        };
    }

    private static ByteBuffer copy(ByteBuffer data) {
        ByteBuffer copy = ByteBuffer.allocate(data.remaining());
        return copy.put(0, data, data.position(), data.remaining());
    }
}
