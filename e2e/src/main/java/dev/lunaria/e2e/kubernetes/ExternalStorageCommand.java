package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.scenario.GinkgoReport;
import dev.lunaria.e2e.scenario.GinkgoReport.Case;
import dev.lunaria.e2e.scenario.GinkgoReport.Outcome;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code e2e/scenario external-storage}. Main thread. */
@Command(
        name = "external-storage",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a Kubernetes of its own, installs the chart in it, and has Kubernetes' own tests of external storage",
            "drivers run against it (e2e/external-storage.yaml). Needs root, e2e/cluster build,",
            "e2e/cluster build e2e-storage agnhost, and deploy/images/build."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no test failed", "1:one did", "2:it could not start"})
public final class ExternalStorageCommand implements Callable<Integer> {
    @Option(
            names = "--focus",
            paramLabel = "PATTERN",
            description = "Only tests whose names match this regular expression.")
    private String focus = "";

    @Option(
            names = "--skip",
            defaultValue = "\\[Disruptive\\]|\\[Slow\\]|\\[Feature:Windows\\]|volumeLimits",
            paramLabel = "PATTERN",
            description = "None whose names match this one; ${DEFAULT-VALUE} by default.")
    private String skip = "";

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-external-storage",
            paramLabel = "FOLDER",
            description = "Where the cluster is kept, ${DEFAULT-VALUE} by default.")
    private Path folder = Path.of("");

    @Option(
            names = "--port",
            defaultValue = "16447",
            paramLabel = "PORT",
            description = "Its API server's port on loopback, ${DEFAULT-VALUE} by default.")
    private int port;

    @Option(
            names = "--report",
            defaultValue = "e2e/target/external-storage",
            paramLabel = "FOLDER",
            description = "Where the tests' log and report are put, ${DEFAULT-VALUE} by default.")
    private Path report = Path.of("");

    @Override
    public Integer call() throws IOException, InterruptedException {
        Distribution programs = Distribution.find().orElse(null);
        if (Processes.effectiveUserId() != 0 || programs == null) {
            System.err.println("external-storage: needs root, and the built programs");
            return 2;
        }
        List<Path> images = ClusterUnderTest.images(programs.project());
        Commands commands;
        try {
            commands = Commands.find(programs.project(), folder, port);
        } catch (IOException e) {
            System.err.println("external-storage: needs the cluster's programs: e2e/cluster build");
            return 2;
        }
        Path tests = commands.programs().resolve("e2e-storage");
        if (!Files.isExecutable(tests) || images.size() < 3) {
            System.err.println(
                    "external-storage: needs e2e/cluster build e2e-storage agnhost, and"
                            + " deploy/images/build");
            return 2;
        }
        Files.createDirectories(report);
        try (ClusterUnderTest cluster = ClusterUnderTest.start(commands, images)) {
            new Release(cluster, List.of()).install();
            return tell(run(commands, tests));
        }
    }

    private GinkgoReport run(Commands commands, Path tests)
            throws IOException, InterruptedException {
        Path junit = report.resolve("junit.xml").toAbsolutePath();
        Files.deleteIfExists(junit);
        var words =
                new ArrayList<>(
                        List.of(
                                tests.toString(),
                                "--kubeconfig=" + commands.kubeconfig(),
                                "--kubectl-path=" + commands.programs().resolve("kubectl"),
                                "--provider=skeleton",
                                "--storage.testdriver="
                                        + commands.project().resolve("e2e/external-storage.yaml"),
                                "--ginkgo.skip=" + skip,
                                "--ginkgo.no-color",
                                "--ginkgo.timeout=4h",
                                "--ginkgo.junit-report=" + junit));
        if (!focus.isEmpty()) {
            words.add("--ginkgo.focus=" + focus);
        }
        System.out.println("The tests' log: " + report.resolve("log"));
        Process process =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(report.resolve("log").toFile())
                        .start();
        try {
            var _ = process.waitFor();
        } finally {
            process.destroyForcibly();
        }
        return GinkgoReport.read(junit);
    }

    private static int tell(GinkgoReport report) {
        // Thousands are skipped as they are for other kinds of drivers; what ran is of interest.
        for (Case passed : report.of(Outcome.PASSED)) {
            System.out.println("  ok      " + passed.name());
        }
        for (Case failed : report.of(Outcome.FAILED)) {
            System.out.println("  FAILED  " + failed.name());
            failed.message().lines().limit(5).forEach(line -> System.out.println("      " + line));
        }
        System.out.printf(
                "%d passed, %d failed, %d skipped%n",
                report.of(Outcome.PASSED).size(),
                report.of(Outcome.FAILED).size(),
                report.of(Outcome.SKIPPED).size());
        return report.of(Outcome.FAILED).isEmpty() ? 0 : 1;
    }
}
