package dev.lunaria.e2e.quickstart;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Interruption;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.installation.MachineState;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.SmallFilesystem;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The program behind {@code ./quickstart}: installs Lunaria on this machine for a minute, and plays
 * the main job.
 */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a target server, a controller and two node plugins on this machine, and plays the main job",
            "through CSI calls alone. Leaves nothing behind. Needs root, for mounts and loop devices."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every step passed", "1:a step failed", "2:it could not start"})
public final class Quickstart implements Callable<Integer> {
    private static final long SMALL_POOL_BYTES = 256L << 20;
    private static final long BALLAST_BYTES = 128L << 20;

    @Option(
            names = "--keep",
            description = "Leave everything running, and say how to look at it and how to stop it.")
    private boolean keep;

    @Option(names = "--stop", description = "Only remove what an earlier run has left.")
    private boolean stop;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-quickstart",
            paramLabel = "FOLDER",
            description = "Where everything is kept, ${DEFAULT-VALUE} by default. It is removed.")
    private Path folder = Path.of("/var/tmp/lunaria-quickstart");

    @Option(
            names = "--port",
            defaultValue = "0",
            paramLabel = "PORT",
            description = "Of the target server's portal on 127.0.0.1; a free one by default.")
    private int port;

    /** Ends with the command's exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Quickstart()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (Processes.effectiveUserId() != 0) {
            System.err.println(
                    "quickstart: needs root, for mounts and loop devices: sudo ./quickstart");
            return 2;
        }
        Distribution distribution = Distribution.find().orElse(null);
        if (distribution == null) {
            System.err.println("quickstart: the programs aren't built: ./mvnw -DskipTests package");
            return 2;
        }
        try (Report report = new Report()) {
            List<String> left = Leftovers.remove(folder);
            if (!left.isEmpty()) {
                report.line(
                        "Removed what an earlier run has left (%d things, the last: %s)."
                                .formatted(left.size(), left.getLast()));
            }
            return stop ? 0 : play(report, distribution);
        }
    }

    private int play(Report report, Distribution distribution) throws Exception {
        MachineState before = MachineState.read(folder);
        Interruption interruption = Interruption.removing(folder, "quickstart");
        if (!keep) {
            interruption.onShutdown();
        }
        boolean passed = false;
        try {
            playScenario(report, distribution);
            passed = true;
            if (!keep) {
                report.step("is anything left?", () -> nothingLeft(before));
            }
        } catch (Exception e) {
            passed = false; // the step has told it
        } finally {
            interruption.scenarioIsOver();
        }
        if (keep) {
            report.summary();
            howToLook(report);
            return passed ? 0 : 1;
        }
        interruption.cleanUp();
        report.summary();
        return passed ? 0 : 1;
    }

    private void playScenario(Report report, Distribution distribution) throws Exception {
        report.headline("Starting Lunaria below " + folder);
        SmallFilesystem small = report.make("a small filesystem", this::smallFilesystem);
        Installation installation =
                report.make("target server, controller", () -> install(distribution, small));
        NodeHost mybox0 = report.make("node plugin mybox0", () -> addHost(installation, "mybox0"));
        NodeHost mybox1 = report.make("node plugin mybox1", () -> addHost(installation, "mybox1"));
        new Scenario(report, installation, mybox0, mybox1, small).run();
        if (!keep) {
            report.step(
                    "stopping all programs",
                    () -> {
                        installation.stop();
                        small.unmount();
                        return "by SIGTERM";
                    });
        }
    }

    private Made<SmallFilesystem> smallFilesystem() throws IOException, InterruptedException {
        return new Made<>(
                SmallFilesystem.mount(new Layout(folder), SMALL_POOL_BYTES, BALLAST_BYTES),
                "256 MiB, half of it taken, for a second pool");
    }

    private Made<Installation> install(Distribution distribution, SmallFilesystem small)
            throws IOException, InterruptedException {
        int portal = port == 0 ? Installation.freePort() : port;
        Layout layout = new Layout(folder);
        Installation.registerPool(layout, distribution, portal, FullPool.TARGET, small.pool());
        var installation =
                Installation.start(
                        layout,
                        distribution,
                        portal,
                        List.of("--pool", small.pool().toString(), "--reserve-mib", "16"));
        return new Made<>(
                installation,
                "ready after %s and %s; iSCSI portal 127.0.0.1:%d"
                        .formatted(
                                Report.seconds(installation.targetServer().startTime()),
                                Report.seconds(installation.controller().startTime()),
                                portal));
    }

    private static Made<NodeHost> addHost(Installation installation, String name)
            throws IOException, InterruptedException {
        NodeHost host = installation.addHost(name);
        String node = new Orchestrator(installation).nodeId(host);
        return new Made<>(
                host,
                "NodeGetInfo: %s; disk process ready after %s, plugin after %s"
                        .formatted(
                                node,
                                Report.seconds(host.disk().startTime()),
                                Report.seconds(host.plugin().startTime())));
    }

    private String nothingLeft(MachineState before) throws IOException, InterruptedException {
        SortedSet<String> added = MachineState.read(folder).addedSince(before);
        // The folder itself, with pool, keys and logs, is ours to remove; a LUN in it would be
        // left.
        added.removeIf(thing -> thing.startsWith("files: ") && !thing.contains("/luns/"));
        CheckFailedException.check(added.isEmpty(), "left: " + String.join("\n", added));
        return "no mount, loop device, FUSE connection, socket or LUN";
    }

    private void howToLook(Report report) {
        report.line("");
        report.line("Everything is left running below " + folder + ":");
        report.line("  logs           tail -f " + folder + "/log/*.log");
        report.line(
                "  LUNs, grants   bin/lunaria luns list --admin unix://"
                        + folder
                        + "/run/target.sock");
        report.line("  their files    ls -ls " + folder + "/pool/luns");
        report.line("  mounts         findmnt -R | grep " + folder);
        report.line("  block devices  losetup --list");
        report.line("  sockets        ls " + folder + "/run");
        report.line("Stop it and remove everything with: sudo ./quickstart --stop");
    }
}
