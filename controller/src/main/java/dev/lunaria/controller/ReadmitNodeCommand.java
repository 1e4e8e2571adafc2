package dev.lunaria.controller;

import dev.lunaria.controller.kube.KubeCluster;
import dev.lunaria.service.cli.CommonOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lunaria-controller readmit-node}: undoes evict-node. Main thread. */
@Command(
        name = "readmit-node",
        description =
                "Take a node that was evicted and has been restarted back into service: remove its taint.")
final class ReadmitNodeCommand implements Callable<Integer> {

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "NODE", description = "The node's name, as Kubernetes has it.")
    private String node = "";

    @Option(names = "--force", description = "Also a node that isn't Ready.")
    private boolean force;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "How to reach the cluster. None: by the service account of the pod.")
    private @Nullable Path kubeconfig;

    /**
     * Its settings. Immutable.
     *
     * @param force whether also a node that isn't ready
     * @param kubeconfig empty: as the pod's service account
     */
    record ReadmitSettings(String node, boolean force, Optional<Path> kubeconfig) {}

    ReadmitSettings settings() {
        return new ReadmitSettings(node, force, Optional.ofNullable(kubeconfig));
    }

    @Override
    public Integer call() throws InterruptedException {
        ReadmitSettings settings = settings();
        try (KubeCluster cluster = KubeCluster.open(settings.kubeconfig())) {
            return NodeAnswers.answer(
                    spec, () -> cluster.readmission().readmit(settings.node(), settings.force()));
        }
    }
}
