package dev.lunaria.bench;

import dev.lunaria.bench.calls.CallLatencies;
import dev.lunaria.bench.compare.SideBySide;
import dev.lunaria.bench.disk.DiskComparison;
import dev.lunaria.bench.load.LoadCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code lunaria-bench}: the measurements, a subcommand each. Main thread. */
@Command(
        name = "lunaria-bench",
        mixinStandardHelpOptions = true,
        description =
                "Measurements of Lunaria. A figure counts as a ratio of two that one run measured.",
        subcommands = {
            LoadCommand.class,
            SideBySide.class,
            DiskComparison.class,
            CallLatencies.class,
            JmhCommand.class
        })
public final class Main {
    private Main() {}

    /** Runs the subcommand that the arguments name. */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Main());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        System.exit(line.execute(args));
    }
}
