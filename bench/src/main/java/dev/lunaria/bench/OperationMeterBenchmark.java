package dev.lunaria.bench;

import dev.lunaria.service.metrics.OperationMeter;
import dev.lunaria.service.metrics.OperationMeter.Operation;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What counting and timing one command costs: alone, and where two threads count in one meter. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class OperationMeterBenchmark {
    private final OperationMeter meter = new OperationMeter();

    @Benchmark
    public void oneThread() {
        count();
    }

    @Benchmark
    @Threads(2)
    public void twoThreads() {
        count();
    }

    private void count() {
        long begun = System.nanoTime();
        meter.began();
        meter.ended(Operation.READ, 4096, System.nanoTime() - begun + 80_000);
    }
}
