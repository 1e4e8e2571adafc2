package dev.lunaria.controller;

import dev.lunaria.service.cli.Program;
import dev.lunaria.service.metrics.Metrics;
import java.util.List;

/** The program {@code lunaria-controller}. */
public final class Main {

    private Main() {}

    /** Runs the subcommand that the arguments name, and ends the process. */
    public static void main(String[] args) {
        program().run(args);
    }

    /** What it tells Prometheus, for documents: without anything behind it. */
    public static Metrics metrics() {
        return new ControllerMetrics().metrics();
    }

    /** Its command line. */
    public static Program program() {
        return new Program(
                "lunaria-controller",
                "Turns CSI volumes into LUNs of target servers, and tells node plugins what they need.",
                List.of(
                        new RunCommand(),
                        new CreateKeyCommand(),
                        new SetupCommand(),
                        new CheckUnusedCommand(),
                        new EvictNodeCommand(),
                        new ReadmitNodeCommand()));
    }
}
