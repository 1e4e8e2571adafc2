package dev.lunaria.controller;

import dev.lunaria.controller.kube.KubeCluster;
import dev.lunaria.controller.kube.secret.InstallationCluster;
import dev.lunaria.controller.setup.ClusterTarget;
import dev.lunaria.controller.setup.InstallationNames;
import dev.lunaria.controller.setup.Setup;
import dev.lunaria.controller.target.RemoteServer;
import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-controller setup}: sets an installation in a cluster up. Main thread. */
@Command(
        name = "setup",
        description =
                "Set an installation in Kubernetes up: its cluster id, keys and certificates, and the registration of"
                        + " target servers that run there. Done once by a Job, and each day to renew certificates.")
final class SetupCommand implements Callable<Integer>, Bounded {

    /** Between two attempts to reach target servers. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final String NAME = "[a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?";

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "How to reach the cluster; the context's namespace is the installation's. None: by the service"
                            + " account of the pod.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--cluster-id",
            paramLabel = "ID",
            description =
                    "Id of the cluster, chosen once. None: the UID of the namespace kube-system.")
    private @Nullable String clusterId;

    @Option(
            names = "--certificates",
            defaultValue = "own",
            paramLabel = "own|existing",
            description = "Whether certificates are made and renewed here, or by somebody else.")
    private Certificates certificates = Certificates.OWN;

    @Option(
            names = "--certificate-days",
            defaultValue = "90",
            paramLabel = "DAYS",
            description =
                    "How long certificates are valid; they are renewed when a third of that is left.")
    private int certificateDays = 90;

    @Option(
            names = "--external-target",
            split = ",",
            paramLabel = "HOST",
            description =
                    "Host name of a target server outside the cluster that gets a certificate; may be given several times.")
    private List<String> externalTargets = List.of();

    @Option(
            names = "--target",
            split = ",",
            paramLabel = "NAME[=PERCENT]",
            description =
                    "Target server of this cluster, and how much of its pool may be provisioned; may be given several times.")
    private List<String> targets = List.of();

    @Option(
            names = "--target-portal-port",
            defaultValue = "3260",
            paramLabel = "PORT",
            description = "Where initiators reach them.")
    private int portalPort = 3260;

    @Option(
            names = "--target-admin-port",
            defaultValue = "7443",
            paramLabel = "PORT",
            description = "Where their admin API is.")
    private int adminPort = 7443;

    @Option(
            names = "--snapshot-metadata",
            defaultValue = "none",
            paramLabel = "none|served",
            description =
                    "Whether the SnapshotMetadata service is served: then it gets a certificate, and the object by which"
                            + " backup programs find it.")
    private SnapshotMetadata snapshotMetadata = SnapshotMetadata.NONE;

    @Option(
            names = "--patience",
            defaultValue = "10m",
            paramLabel = "TIME",
            description = "How long target servers are waited for.")
    private Duration patience = Duration.ofMinutes(10);

    @Option(
            names = "--definitions",
            paramLabel = "FOLDER",
            description =
                    "CustomResourceDefinitions to apply over those that are there. None: they stay as they are.")
    private @Nullable Path definitions;

    /** Who makes certificates. */
    enum Certificates {
        OWN,
        EXISTING
    }

    /** Whether there is such a service. */
    enum SnapshotMetadata {
        NONE,
        SERVED
    }

    @Override
    public Map<String, Bound> bounds() {
        return Map.of(
                "--cluster-id", Bound.CLUSTER_ID,
                "--certificate-days", new Bound.Whole(3, 825),
                "--external-target", Bound.NODE_NAME,
                "--target",
                        new Bound.Form(
                                Pattern.compile(NAME + "(=[1-9][0-9]{0,5})?"),
                                "NAME or NAME=PERCENT, a name of 1 to 37 of a-z, 0-9 and -"),
                "--target-portal-port", new Bound.Whole(1, 65_535),
                "--target-admin-port", new Bound.Whole(1, 65_535),
                "--patience", new Bound.Time(Duration.ofSeconds(1), Duration.ofHours(1)));
    }

    Setup.Plan plan(InstallationNames names) {
        return new Setup.Plan(
                names,
                Optional.ofNullable(clusterId),
                switch (certificates) {
                    case OWN -> Optional.of(Duration.ofDays(certificateDays));
                    case EXISTING -> Optional.empty();
                },
                externalTargets,
                targets.stream()
                        .map(text -> ClusterTarget.parse(text, names, adminPort, portalPort))
                        .toList(),
                snapshotMetadata == SnapshotMetadata.SERVED,
                patience,
                Optional.ofNullable(definitions));
    }

    @Override
    public Integer call() throws InterruptedException {
        Optional<Path> access = Optional.ofNullable(kubeconfig);
        try (InstallationCluster cluster = InstallationCluster.open(access);
                KubeCluster documents = KubeCluster.open(access)) {
            new Setup(
                            cluster.objects(),
                            documents.registry(),
                            cluster.definitions(),
                            cluster.metadataServices(),
                            RemoteServer::new,
                            InstantSource.system(),
                            () -> Thread.sleep(PAUSE),
                            new SecureRandom())
                    .run(plan(cluster.names()));
        }
        return 0;
    }
}
