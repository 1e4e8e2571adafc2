package dev.lunaria.controller;

import dev.lunaria.controller.kube.KubeCluster;
import dev.lunaria.controller.kube.secret.InstallationCluster;
import dev.lunaria.controller.setup.UnusedCheck;
import dev.lunaria.controller.target.TargetConnections;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.CsiIdentity;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code lunaria-controller check-unused}: whether an installation in a cluster may go. Main
 * thread.
 */
@Command(
        name = "check-unused",
        description =
                "Fail, with what is left, as long as there are volumes of this installation in Kubernetes. Asked before"
                        + " the chart is uninstalled.")
final class CheckUnusedCommand implements Callable<Integer> {

    /** Exit code while something is left. */
    private static final int LEFT = 1;

    /** Nothing is made here that would be a cluster's. */
    private static final String NO_CLUSTER = "";

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec private @Nullable CommandSpec spec;

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
     * @param kubeconfig empty: as the pod's service account
     * @param tls of the controller
     */
    record CheckSettings(Optional<Path> kubeconfig, Optional<TlsFiles> tls) {}

    CheckSettings settings() {
        return new CheckSettings(
                Optional.ofNullable(kubeconfig),
                TlsFiles.ofSettings(tlsCa, tlsCertificate, tlsKey));
    }

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli fills it");
        }
        CheckSettings settings = settings();
        List<String> findings = findings(settings);
        if (findings.isEmpty()) {
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("There are volumes of this installation; nothing was uninstalled.");
        findings.forEach(finding -> err.println("  " + finding));
        err.println(
                "Delete the claims, volumes and snapshots first. To leave them behind all the same: helm uninstall --no-hooks");
        err.flush();
        return LEFT;
    }

    private static List<String> findings(CheckSettings settings) {
        // Not there where the installation never got so far; then there is nothing to ask either.
        Optional<Tls> tls =
                settings.tls().filter(files -> Files.isReadable(files.key())).map(Tls::load);
        try (InstallationCluster cluster = InstallationCluster.open(settings.kubeconfig());
                KubeCluster documents = KubeCluster.open(settings.kubeconfig());
                TargetConnections targets = new TargetConnections(NO_CLUSTER, tls)) {
            return new UnusedCheck(
                            () -> cluster.volumes(CsiIdentity.DRIVER_NAME),
                            documents.registry(),
                            targets)
                    .findings();
        } catch (RegistryException e) {
            throw new StartupException(e.getMessage(), e);
        }
    }
}
