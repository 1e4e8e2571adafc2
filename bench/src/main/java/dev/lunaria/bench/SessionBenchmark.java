package dev.lunaria.bench;

import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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
 * What a 4 KiB read or write costs in both session machines and both codecs together, without
 * sockets, threads and files.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SessionBenchmark {
    private static final int DATA = 4096;
    private static final int BLOCKS = 8;

    /** Header and data digest (CRC32C). */
    @Param({"false", "true"})
    public boolean digests;

    private final ByteBuffer data = ByteBuffer.allocateDirect(DATA);
    private final ByteBuffer read =
            new Cdb.Read(OperationCode.READ_16, 0, BLOCKS, false, false).encode();
    private final ByteBuffer write =
            new Cdb.Write(OperationCode.WRITE_16, 0, BLOCKS, false, false).encode();
    private SessionPair pair = SessionPair.loggedIn(false);

    @Setup
    public void logIn() {
        pair = SessionPair.loggedIn(digests);
    }

    @Benchmark
    public int read() {
        return pair.carryOut(ScsiRequest.reading(0, read.duplicate(), data));
    }

    @Benchmark
    public int write() {
        return pair.carryOut(ScsiRequest.writing(0, write.duplicate(), data));
    }
}
