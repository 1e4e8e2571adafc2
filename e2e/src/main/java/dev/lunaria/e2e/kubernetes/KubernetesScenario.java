package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.kubernetes.Tools.Said;
import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What users of Lunaria on Kubernetes do, and what happens to them. One thread; needs a cluster of
 * two nodes that runs, with Lunaria's images loaded, and nothing of Lunaria in it.
 *
 * <p>The target server runs on the first node, so that the second may lose its power. Filesystems
 * that grow are XFS: a mounted ext4 grows only on machines that may raise their own limits.
 */
final class KubernetesScenario {
    private final Tally tally;
    private final Tools tools;
    private final ClusterObjects objects;
    private final List<String> chartValues;

    /**
     * Nothing done yet.
     *
     * @param chartValues more words for {@code helm install}
     */
    KubernetesScenario(Tally tally, Tools tools, List<String> chartValues) {
        this.tally = tally;
        this.tools = tools;
        this.objects = new ClusterObjects(tools);
        this.chartValues = chartValues;
    }

    /** All rows; those that follow a failed installation are skipped. */
    void play() throws InterruptedException {
        tally.headline("Helm installs it");
        if (!tally.row("helm install; all pods are ready", this::install)) {
            tally.skip("everything else", "there is no installation");
            return;
        }
        new ClaimRows(tools).play(tally);
        new SurvivalRows(tools).play(tally);
        tally.headline("It goes");
        var _ = tally.row("helm uninstall refuses while there are volumes", this::staysWithVolumes);
        var _ = tally.row("all claims are deleted: nothing is left", this::nothingIsLeft);
        var _ = tally.row("helm uninstall", this::uninstall);
    }

    private String install() throws IOException, InterruptedException {
        tools.apply(
                """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: %s
                  labels: {pod-security.kubernetes.io/enforce: privileged}
                """
                        .formatted(ClusterObjects.NAMESPACE));
        Path chart = tools.project().resolve("charts/lunaria");
        var words =
                new ArrayList<>(
                        List.of(
                                "install",
                                "lunaria",
                                chart.toString(),
                                "--namespace=" + ClusterObjects.NAMESPACE,
                                "--set=targets.storage1.node=node1",
                                "--set=targets.storage1.initialize=true",
                                "--set=targets.storage1.dedicated=false",
                                "--set=snapshots.enabled=true",
                                // The newest that the cluster could be built with.
                                "--set=sidecars.tags.resizer=v2.2.0",
                                "--wait",
                                "--timeout=4m"));
        words.addAll(chartValues);
        var _ = tools.helm(words.toArray(String[]::new));
        ClusterObjects.until(
                "both nodes have the driver",
                ClusterObjects.SOON,
                () -> {
                    String drivers =
                            tools.kubectl(
                                    "get",
                                    "csinode",
                                    "-o",
                                    "jsonpath={.items[*].spec.drivers[*].name}");
                    return drivers.strip().split(" ", -1).length == 2 && !drivers.isBlank();
                });
        return tools.kubectl("get", "storagetargets,lunarianodes");
    }

    private String staysWithVolumes() throws IOException, InterruptedException {
        Said said =
                tools.tryHelm(
                        "uninstall",
                        "lunaria",
                        "--namespace=" + ClusterObjects.NAMESPACE,
                        "--timeout=60s");
        if (said.code() == 0) {
            throw new IOException("it was uninstalled, volumes and all");
        }
        return said.text().strip();
    }

    private String nothingIsLeft() throws IOException, InterruptedException {
        var _ = tools.kubectl("delete", "deployment", "--all", "--wait=false");
        var _ = tools.kubectl("delete", "pod", "--all", "--timeout=120s");
        var _ = tools.kubectl("delete", "volumesnapshot", "--all", "--timeout=60s");
        var _ = tools.kubectl("delete", "pvc", "--all", "--timeout=120s");
        ClusterObjects.until(
                "nothing is left",
                Duration.ofMinutes(3),
                () ->
                        tools.kubectl("get", "pv,volumeattachment,lunariavolumes", "-o", "name")
                                .isBlank());
        return "no PersistentVolume, VolumeAttachment, LunariaVolume";
    }

    private String uninstall() throws IOException, InterruptedException {
        var _ =
                tools.helm(
                        "uninstall",
                        "lunaria",
                        "--namespace=" + ClusterObjects.NAMESPACE,
                        "--timeout=120s");
        ClusterObjects.until(
                "no pod is left",
                ClusterObjects.SOON,
                () ->
                        objects.system("get", "pods", "-o", "name")
                                .lines()
                                .allMatch(pod -> pod.contains("uninstall") || pod.isBlank()));
        return "";
    }
}
