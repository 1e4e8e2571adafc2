package dev.lunaria.bench;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
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

/** What a digest costs (CRC32C, RFC 7143 §13.1): of a header, a block, a data segment. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class DigestBenchmark {
    /** Length in bytes. */
    @Param({"48", "4096", "262144"})
    public int bytes;

    private final CRC32C crc = new CRC32C();
    private ByteBuffer data = ByteBuffer.allocateDirect(0);

    @Setup
    public void allocate() {
        data = ByteBuffer.allocateDirect(bytes);
    }

    @Benchmark
    public long digest() {
        crc.reset();
        crc.update(data.clear());
        return crc.getValue();
    }
}
