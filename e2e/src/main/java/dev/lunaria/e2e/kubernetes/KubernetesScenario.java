package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.necessary;

import dev.lunaria.e2e.scenario.Tally;
import io.fabric8.kubernetes.api.model.storage.CSINodeDriver;
import java.io.IOException;
import java.util.List;

/**
 * What users of Lunaria on Kubernetes do, and what happens to them. One thread.
 *
 * <p>Filesystems that grow are XFS: a mounted ext4 grows only on machines that may raise their own
 * limits.
 */
final class KubernetesScenario {
    private final ClusterUnderTest cluster;
    private final ClusterObjects objects;
    private final Release release;

    /**
     * Nothing done yet.
     *
     * @param cluster with nothing of Lunaria in it but its images
     * @param values more values of the chart, each {@code --set=NAME=VALUE}
     */
    KubernetesScenario(ClusterUnderTest cluster, List<String> values) {
        this.cluster = cluster;
        this.objects = cluster.objects();
        this.release = new Release(cluster, values);
    }

    /** All of it, to be played in this order. */
    List<Chapter> chapters() {
        return List.of(
                new Chapter(
                        "Helm installs it",
                        List.of(necessary("helm install; all pods are ready", this::install))),
                new ClaimRows(objects).chapter(),
                new RefusalRows(objects).chapter(),
                new SurvivalRows(objects, release).chapter(),
                new CreationRows(cluster).chapter(),
                new DeadNodeRows(cluster).chapter(),
                new RemovalRows(cluster, release).chapter());
    }

    /** The first, and those of the others whose headlines contain some text. */
    List<Chapter> chapters(String text) {
        List<Chapter> all = chapters();
        return all.stream()
                .filter(one -> one.equals(all.getFirst()) || one.headline().contains(text))
                .toList();
    }

    /** Plays chapters; those that follow a failed step without which nothing goes are skipped. */
    static void play(List<Chapter> chapters, Tally tally) throws InterruptedException {
        boolean possible = true;
        for (Chapter chapter : chapters) {
            tally.headline(chapter.headline());
            for (Chapter.Step step : chapter.steps()) {
                if (!possible) {
                    tally.skip(step.name(), "there is no installation");
                } else if (!tally.row(step.name(), step.row())) {
                    possible = !step.necessary();
                }
            }
        }
    }

    private String install() throws IOException, InterruptedException {
        release.install();
        ClusterObjects.until(
                "both nodes have the driver", ClusterObjects.SOON, () -> drivers().size() == 2);
        return "StorageTargets %s, nodes %s"
                .formatted(names("StorageTarget"), names("LunariaNode"));
    }

    private List<String> names(String kind) {
        return objects.custom(kind).stream().map(one -> one.getMetadata().getName()).toList();
    }

    /** The drivers of all nodes; a node without any has no list of them. */
    private List<String> drivers() {
        return objects.client().storage().v1().csiNodes().list().getItems().stream()
                .map(node -> node.getSpec().getDrivers())
                .filter(drivers -> drivers != null)
                .flatMap(List::stream)
                .map(CSINodeDriver::getName)
                .toList();
    }
}
