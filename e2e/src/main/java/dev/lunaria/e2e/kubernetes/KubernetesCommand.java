package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.linux.Processes;
import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code e2e/scenario kubernetes}. Main thread. */
@Command(
        name = "kubernetes",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a Kubernetes of its own (e2e/cluster), installs the chart in it, and does what users do and what",
            "happens to them. Needs root, e2e/cluster build and deploy/images/build."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every row passed", "1:a row failed", "2:it could not start"})
public final class KubernetesCommand implements Callable<Integer> {
    @Option(names = "--keep", description = "Stop at the first failure, and leave the cluster.")
    private boolean keep;

    @Option(
            names = "--folder",
            defaultValue = "/var/tmp/lunaria-kubernetes",
            paramLabel = "FOLDER",
            description = "Where the cluster is kept, ${DEFAULT-VALUE} by default.")
    private Path folder = Path.of("");

    @Option(
            names = "--port",
            defaultValue = "16445",
            paramLabel = "PORT",
            description = "Its API server's port on loopback, ${DEFAULT-VALUE} by default.")
    private int port;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A value for the chart; may be given several times.")
    private List<String> values = List.of();

    @Option(
            names = "--only",
            defaultValue = "",
            paramLabel = "TEXT",
            description = "Beside the installation only the chapters whose headlines contain this.")
    private String only = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        LunariaLogging.configure(LogFormat.TEXT, LogLevel.ERROR);
        Distribution programs = Distribution.find().orElse(null);
        if (Processes.effectiveUserId() != 0 || programs == null) {
            System.err.println(
                    "kubernetes: needs root, and the built programs: sudo e2e/scenario kubernetes");
            return 2;
        }
        List<Path> images = ClusterUnderTest.images(programs.project());
        if (images.size() < 3) {
            System.err.println("kubernetes: needs the container images: deploy/images/build");
            return 2;
        }
        Commands commands;
        try {
            commands = Commands.find(programs.project(), folder, port);
        } catch (IOException e) {
            System.err.println("kubernetes: needs the cluster's programs: e2e/cluster build");
            return 2;
        }
        var tally = new Tally(System.out, keep);
        try {
            play(commands, images, tally);
        } catch (Tally.Stopped e) {
            tally.line("The cluster is left: KUBECONFIG=" + commands.kubeconfig());
        }
        tally.close();
        return tally.failures() == 0 ? 0 : 1;
    }

    private void play(Commands commands, List<Path> images, Tally tally)
            throws InterruptedException {
        tally.headline("A Kubernetes of two nodes");
        var started = new AtomicReference<@Nullable ClusterUnderTest>();
        var _ =
                tally.row(
                        "e2e/cluster up, images loaded",
                        () -> {
                            started.set(ClusterUnderTest.start(commands, images));
                            return "";
                        });
        ClusterUnderTest cluster = started.get();
        if (cluster == null) {
            return;
        }
        List<String> words = values.stream().map(value -> "--set=" + value).toList();
        KubernetesScenario.play(new KubernetesScenario(cluster, words).chapters(only), tally);
        var _ =
                tally.row(
                        "e2e/cluster down",
                        () -> {
                            cluster.close();
                            return "";
                        });
    }
}
