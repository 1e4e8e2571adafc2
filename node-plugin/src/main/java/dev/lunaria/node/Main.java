package dev.lunaria.node;

import dev.lunaria.node.disk.process.DiskProgram;
import dev.lunaria.service.cli.Program;
import dev.lunaria.service.metrics.Metrics;
import java.util.List;

/**
 * {@code lunaria-node}: the node plugin and its disk process, one program with a subcommand each.
 */
public final class Main {
    private Main() {}

    /** Runs the subcommand that the arguments name. */
    public static void main(String[] args) {
        program().run(args);
    }

    /** What the node plugin tells Prometheus, for documents: without volumes behind it. */
    public static Metrics metrics() {
        return new NodeMetrics().metrics();
    }

    /** Its command line. */
    public static Program program() {
        return new Program(
                "lunaria-node",
                "Lunaria's CSI node plugin, and the process that serves its disks.",
                subcommands());
    }

    /** Objects with picocli's {@code @Command}; see {@link Program}. */
    static List<Object> subcommands() {
        return List.of(new RunCommand(), new DiskProgram());
    }
}
