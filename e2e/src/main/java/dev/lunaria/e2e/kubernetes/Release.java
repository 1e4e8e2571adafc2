package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.kubernetes.Commands.Said;
import dev.lunaria.e2e.kubernetes.LunariaPods.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The chart's release, as helm installs, upgrades and removes it. One thread. */
final class Release {
    private static final String NAME = "lunaria";
    private static final String TARGET = "targets." + ClusterUnderTest.TARGET;

    private final ClusterUnderTest cluster;
    private final List<String> values;

    /**
     * Nothing done yet.
     *
     * @param values more values of the chart, each {@code --set=NAME=VALUE}
     */
    Release(ClusterUnderTest cluster, List<String> values) {
        this.cluster = cluster;
        this.values = values;
    }

    /** {@code helm install}, in a namespace that may have privileged pods. */
    void install() throws IOException, InterruptedException {
        cluster.objects()
                .apply(
                        """
                        apiVersion: v1
                        kind: Namespace
                        metadata:
                          name: %s
                          labels: {pod-security.kubernetes.io/enforce: privileged}
                        """
                                .formatted(ClusterObjects.LUNARIA));
        var _ = cluster.commands().helm(words("install", "--wait", "--timeout=4m"));
    }

    /** {@code helm upgrade} with a value that all programs notice; waits for the new pods. */
    void upgrade() throws IOException, InterruptedException {
        var pods = new LunariaPods(cluster.client());
        Map<Part, Set<String>> old = new EnumMap<>(Part.class);
        for (Part part : List.of(Part.CONTROLLER, Part.NODE, Part.TARGET)) {
            old.put(part, LunariaPods.uids(pods.of(part)));
        }
        Set<String> disks = LunariaPods.uids(pods.of(Part.DISK));
        var _ =
                cluster.commands()
                        .helm(words("upgrade", "--set=log.level=debug", "--wait", "--timeout=4m"));
        for (var part : old.entrySet()) {
            pods.awaitOthers(part.getKey(), part.getValue(), part.getValue().size());
        }
        if (!LunariaPods.uids(pods.of(Part.DISK)).equals(disks)) {
            throw new IOException("a disk process was replaced: it takes its node's mounts along");
        }
    }

    /** {@code helm uninstall}, whatever comes of it. */
    Said uninstall() throws IOException, InterruptedException {
        return cluster.commands()
                .tryHelm(
                        "uninstall",
                        NAME,
                        "--namespace=" + ClusterObjects.LUNARIA,
                        "--timeout=120s");
    }

    private String[] words(String... command) {
        var words = new ArrayList<>(List.of(command));
        words.addAll(
                1,
                List.of(
                        NAME,
                        cluster.commands().project().resolve("charts/lunaria").toString(),
                        "--namespace=" + ClusterObjects.LUNARIA));
        words.addAll(
                List.of(
                        "--set=" + TARGET + ".node=" + ClusterUnderTest.STORAGE_NODE,
                        "--set=" + TARGET + ".initialize=true",
                        "--set=" + TARGET + ".dedicated=false",
                        "--set=snapshots.enabled=true",
                        // Nobody has an hour to see them deleted.
                        "--set=controller.orphanPatience=20s",
                        // The newest that the cluster could be built with.
                        "--set=sidecars.tags.resizer=v2.2.0"));
        words.addAll(values);
        return words.toArray(String[]::new);
    }
}
