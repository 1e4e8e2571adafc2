package dev.lunaria.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jmh}: the microbenchmarks, with JMH's own arguments. Main thread. */
@Command(
        name = "jmh",
        description = {
            "Runs the JMH benchmarks whose names match; takes JMH's own arguments behind --,",
            "as in: lunaria-bench jmh -- PduCodec -f 1"
        })
final class JmhCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARGUMENT", description = "Of JMH.")
    private List<String> arguments = List.of();

    @Override
    public Integer call() throws IOException {
        org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
        return 0;
    }
}
