package dev.lunaria.target;

import dev.lunaria.service.cli.Program;
import dev.lunaria.service.metrics.Metrics;
import java.time.InstantSource;
import java.util.List;

/** The program {@code lunaria-target}. */
public final class Main {

    private Main() {}

    /** Runs the subcommand that the arguments name, and ends the process. */
    public static void main(String[] args) {
        program().run(args);
    }

    /** What it tells Prometheus, for documents: without a server behind it. */
    public static Metrics metrics() {
        return new TargetMetrics(InstantSource.system()).metrics();
    }

    /** Its command line. */
    public static Program program() {
        return new Program(
                "lunaria-target",
                "Serves volumes, kept as sparse files in pools, as iSCSI LUNs.",
                List.of(new InitCommand(), new RunCommand()));
    }
}
