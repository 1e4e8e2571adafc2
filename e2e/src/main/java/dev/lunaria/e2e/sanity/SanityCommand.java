package dev.lunaria.e2e.sanity;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.scenario.GinkgoReport;
import dev.lunaria.e2e.scenario.GinkgoReport.Case;
import dev.lunaria.e2e.scenario.GinkgoReport.Outcome;
import dev.lunaria.linux.Processes;
import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code e2e/sanity}. Main thread. */
@Command(
        name = "sanity",
        mixinStandardHelpOptions = true,
        description = {
            "Runs csi-sanity "
                    + CsiSanity.VERSION
                    + " against controller, node plugin, disk process and target server, as processes of",
            "their own. Needs root, for mounts and loop devices, and Go, to build csi-sanity once."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every case passed, or is skipped for a reason that is known",
            "1:a case failed, or was skipped for no known reason",
            "2:it could not start"
        })
public final class SanityCommand implements Callable<Integer> {
    private static final String HOST = "mybox0";

    @Option(
            names = "--access-type",
            split = ",",
            defaultValue = "mount,block",
            paramLabel = "TYPE",
            description = "mount, block or both; ${DEFAULT-VALUE} by default.")
    private List<String> accessTypes = List.of();

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-sanity",
            paramLabel = "FOLDER",
            description = "Where everything is kept, ${DEFAULT-VALUE} by default. It is removed.")
    private Path folder = Path.of("");

    private int passed;
    private int failed;
    private int skipped;

    private SanityCommand() {}

    /** Ends with the command's exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SanityCommand()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Distribution programs = Distribution.find().orElse(null);
        if (Processes.effectiveUserId() != 0 || programs == null) {
            System.err.println("sanity: needs root, and the built programs: sudo e2e/sanity");
            return 2;
        }
        CsiSanity.Found found = CsiSanity.find(programs);
        if (found.sanity().isEmpty()) {
            System.err.println("sanity: " + found.why());
            return 2;
        }
        LunariaLogging.configure(LogFormat.TEXT, LogLevel.ERROR);
        for (String accessType : accessTypes) {
            tell(accessType, run(programs, found.sanity().get(), accessType));
        }
        System.out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
        return failed == 0 ? 0 : 1;
    }

    private GinkgoReport run(Distribution programs, CsiSanity sanity, String accessType)
            throws IOException, InterruptedException {
        var _ = Leftovers.remove(folder);
        Installation lunaria =
                Installation.start(new Layout(folder), programs, Installation.freePort());
        try {
            var _ = lunaria.addHost(HOST);
            return sanity.run(lunaria.layout(), HOST, accessType);
        } finally {
            lunaria.stop();
            var _ = Leftovers.remove(folder);
        }
    }

    private void tell(String accessType, GinkgoReport report) {
        System.out.println("access type " + accessType + ": " + report.counts());
        for (Case one : report.of(Outcome.FAILED)) {
            System.out.println("  failed   " + one.name() + ": " + one.message());
        }
        for (Case one : report.of(Outcome.SKIPPED)) {
            String why =
                    CsiSanity.expectedSkip(one)
                            .orElse("FOR NO KNOWN REASON, so it counts as failed");
            System.out.println("  skipped  " + one.name() + ": " + why);
        }
        long unexplained =
                report.of(Outcome.SKIPPED).stream()
                        .filter(one -> CsiSanity.expectedSkip(one).isEmpty())
                        .count();
        passed += report.of(Outcome.PASSED).size();
        failed += report.of(Outcome.FAILED).size() + (int) unexplained;
        skipped += report.of(Outcome.SKIPPED).size() - (int) unexplained;
    }
}
