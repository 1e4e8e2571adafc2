package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import dev.lunaria.e2e.kubernetes.LunariaPods.Part;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * All controllers and provisioners are killed at each step of CreateVolume, and the claim is
 * deleted meanwhile: nothing of the volume may stay. One thread.
 */
final class CreationRows {
    private static final Duration STEP = Duration.ofSeconds(60);
    private static final Duration RECONCILED = Duration.ofMinutes(3);

    private final ClusterUnderTest cluster;
    private final ClusterObjects objects;
    private final LunariaPods pods;

    CreationRows(ClusterUnderTest cluster) {
        this.cluster = cluster;
        this.objects = cluster.objects();
        this.pods = new LunariaPods(cluster.client());
    }

    Chapter chapter() {
        return new Chapter(
                "All controllers are killed within CreateVolume, and the claim is deleted",
                List.of(
                        step(
                                "as soon as the claim is there",
                                () -> killedWhen("claim", () -> true)),
                        step("once its place is written down", () -> killedAtPlacement("place")),
                        step("once its LUN is there", () -> killedAtLun("lun")),
                        step(
                                "once its PersistentVolume is there",
                                () -> killedAtVolume("volume"))));
    }

    private String killedAtPlacement(String claim) throws IOException, InterruptedException {
        Set<String> before = placements();
        return killedWhen(claim, () -> !before.containsAll(placements()));
    }

    private String killedAtLun(String claim) throws IOException, InterruptedException {
        Set<Path> before = luns();
        return killedWhen(claim, () -> !before.containsAll(luns()));
    }

    private String killedAtVolume(String claim) throws IOException, InterruptedException {
        return killedWhen(claim, () -> !volumesOf(named(claim)).isEmpty());
    }

    private String killedWhen(String name, Callable<Boolean> reached)
            throws IOException, InterruptedException {
        String claim = named(name);
        Set<String> placements = placements();
        Set<Path> luns = luns();
        Set<String> old = LunariaPods.uids(pods.of(Part.CONTROLLER));
        objects.apply(Manifests.claim(claim, "lunaria-ext4", "1Gi"));
        ClusterObjects.until("the step is reached", STEP, reached);
        for (String node : List.of(ClusterUnderTest.STORAGE_NODE, ClusterUnderTest.OTHER_NODE)) {
            cluster.killProcesses(node, "dev.lunaria.controller.Main|csi-provisioner");
        }
        // Away with them, or kubelet has those that were killed wait longer each time.
        pods.kill(Part.CONTROLLER);
        Set<String> there = new HashSet<>(placements());
        there.removeAll(placements);
        objects.deleteClaims(List.of(claim));
        pods.awaitOthers(Part.CONTROLLER, old, old.size());
        ClusterObjects.until(
                "nothing is left of the claim " + claim,
                RECONCILED,
                () ->
                        placements.containsAll(placements())
                                && luns.containsAll(luns())
                                && volumesOf(claim).isEmpty());
        return there.isEmpty() ? "nothing was there yet" : "there was " + String.join(", ", there);
    }

    private static String named(String step) {
        return "killed-at-" + step;
    }

    private Set<String> placements() {
        return objects.custom("LunariaVolume").stream()
                .map(GenericKubernetesResource::getMetadata)
                .map(metadata -> metadata.getName())
                .collect(Collectors.toSet());
    }

    private Set<Path> luns() throws IOException {
        Set<Path> all = new HashSet<>(cluster.lunFolders());
        all.addAll(cluster.lunsInTheMaking());
        return all;
    }

    private List<String> volumesOf(String claim) {
        return objects.client().persistentVolumes().list().getItems().stream()
                .filter(volume -> volume.getSpec().getClaimRef() != null)
                .filter(volume -> volume.getSpec().getClaimRef().getName().equals(claim))
                .map(volume -> volume.getMetadata().getName())
                .toList();
    }
}
