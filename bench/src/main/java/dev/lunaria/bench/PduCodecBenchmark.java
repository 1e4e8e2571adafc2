package dev.lunaria.bench;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a 4 KiB read costs in the codec: one SCSI Command decoded, one Data-In with status encoded.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PduCodecBenchmark {
    private static final int DATA = 4096;

    /** Header and data digest (CRC32C). */
    @Param({"false", "true"})
    public boolean digests;

    private final ByteBuffer command = ByteBuffer.allocateDirect(256);
    private final ByteBuffer out = ByteBuffer.allocateDirect(DATA + 256);
    private PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
    private PduEncoder encoder = new PduEncoder();
    private @Nullable DataIn dataIn;

    @Setup
    public void encodeCommand() {
        Digests negotiated = new Digests(digests, digests);
        decoder = PduDecoder.forTarget();
        decoder.negotiated(negotiated, 1 << 18);
        encoder = new PduEncoder();
        encoder.negotiated(negotiated);
        command.clear();
        encoder.encode(
                new ScsiCommand(
                        false,
                        true,
                        true,
                        false,
                        TaskAttribute.SIMPLE,
                        0,
                        1,
                        DATA,
                        1,
                        1,
                        ByteBuffer.allocate(16).put(0, (byte) 0x28).put(8, (byte) 8),
                        0,
                        Pdu.NO_DATA),
                command);
        command.flip();
        dataIn =
                new DataIn(
                        true,
                        false,
                        true,
                        0,
                        0,
                        1,
                        Pdu.RESERVED_TAG,
                        1,
                        2,
                        64,
                        0,
                        0,
                        Residual.NONE,
                        new Payload.Bytes(ByteBuffer.allocateDirect(DATA)));
    }

    @Benchmark
    public @Nullable Pdu decodeCommand() throws ProtocolException {
        return decoder.decode(command.rewind());
    }

    @Benchmark
    public ByteBuffer encodeDataIn() {
        DataIn answer = dataIn;
        if (answer != null) {
            encoder.encode(answer, out.clear());
        }
        return out;
    }
}
