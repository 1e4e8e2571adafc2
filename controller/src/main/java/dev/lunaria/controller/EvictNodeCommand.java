package dev.lunaria.controller;

import dev.lunaria.controller.kube.KubeCluster;
import dev.lunaria.controller.target.TargetConnections;
import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code lunaria-controller evict-node}: takes a dead node out of service, by kubectl exec in a
 * controller's pod. Main thread.
 */
@Command(
        name = "evict-node",
        description =
                "Take a dead node out of service: fence it at every target server, then taint it"
                        + " node.kubernetes.io/out-of-service, so that Kubernetes starts its pods elsewhere at once.")
final class EvictNodeCommand implements Callable<Integer>, Bounded {

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "NODE", description = "The node's name, as Kubernetes has it.")
    private String node = "";

    @Option(
            names = "--force",
            description = "Also a node that is Ready: its pods lose their volumes while they run.")
    private boolean force;

    @Option(
            names = "--cluster-id",
            required = true,
            paramLabel = "ID",
            description = "Id of the cluster, as the controller has it.")
    private String clusterId = "";

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "How to reach the cluster. None: by the service account of the pod.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "CA of targets whose StorageTarget names none, PEM.")
    private @Nullable Path tlsCa;

    @Option(
            names = "--tls-certificate",
            paramLabel = "FILE",
            description = "The controller's certificate, then its chain, PEM.")
    private @Nullable Path tlsCertificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "The controller's private key, PKCS#8, PEM.")
    private @Nullable Path tlsKey;

    /**
     * Its settings. Immutable.
     *
     * @param force whether also a node that is ready
     * @param kubeconfig empty: as the pod's service account
     * @param tls of the controller
     */
    record EvictSettings(
            String node,
            boolean force,
            String clusterId,
            Optional<Path> kubeconfig,
            Optional<TlsFiles> tls) {}

    EvictSettings settings() {
        return new EvictSettings(
                node,
                force,
                clusterId,
                Optional.ofNullable(kubeconfig),
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey));
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of("--cluster-id", Bound.CLUSTER_ID);
    }

    @Override
    public Integer call() throws InterruptedException {
        EvictSettings settings = settings();
        Optional<Tls> tls = settings.tls().map(Tls::load);
        try (KubeCluster cluster = KubeCluster.open(settings.kubeconfig());
                TargetConnections targets = new TargetConnections(settings.clusterId(), tls)) {
            return NodeAnswers.answer(
                    spec,
                    () ->
                            cluster.eviction(targets, settings.clusterId())
                                    .evict(settings.node(), settings.force()));
        }
    }
}
