package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * What users hear of what can't be: an Event in plain words, and nothing that spins. One thread.
 */
final class RefusalRows {
    private static final String EXT4 = "lunaria-ext4";

    private final ClusterObjects objects;

    RefusalRows(ClusterObjects objects) {
        this.objects = objects;
    }

    Chapter chapter() {
        return new Chapter(
                "What can't be is told",
                List.of(
                        step("ReadWriteMany on ext4 stays Pending, and is told why", this::shared),
                        step("a StorageClass with an unknown parameter", this::unknownParameter),
                        step(
                                "a StorageClass with a filesystem that there isn't",
                                this::unknownType),
                        step("a claim that is too large", this::tooLarge),
                        step("an ephemeral volume in a pod", this::ephemeral),
                        step("the target server is away: told, and bound later", this::away)));
    }

    private String shared() throws IOException, InterruptedException {
        objects.apply(Manifests.sharedClaim("wrong", EXT4, "Filesystem", "1Gi"));
        return refused("wrong", "volumeMode Block");
    }

    private String unknownParameter() throws IOException, InterruptedException {
        objects.apply(Manifests.storageClass("misspelt", Map.of("iopsLimits", "100")));
        objects.apply(Manifests.claim("misspelt", "misspelt", "1Gi"));
        return refused("misspelt", "unknown parameter");
    }

    private String unknownType() throws IOException, InterruptedException {
        objects.apply(Manifests.storageClass("zfs", Map.of("csi.storage.k8s.io/fstype", "zfs")));
        objects.apply(Manifests.claim("zfs", "zfs", "1Gi"));
        return refused("zfs", "ext4");
    }

    private String tooLarge() throws IOException, InterruptedException {
        objects.apply(Manifests.claim("large", EXT4, "20Ti"));
        return refused("large", "at most 16383 GiB");
    }

    private String refused(String claim, String words) throws IOException, InterruptedException {
        String said = objects.told(claim, words);
        var _ = ClusterObjects.expect("Pending", objects.phase(claim));
        objects.deleteClaims(List.of(claim));
        return said;
    }

    private String ephemeral() throws IOException, InterruptedException {
        objects.apply(Manifests.ephemeralPod("ephemeral"));
        String said = objects.told("ephemeral", "phemeral");
        objects.deletePods("ephemeral");
        return said;
    }

    private String away() throws IOException, InterruptedException {
        String target = "lunaria-target-" + ClusterUnderTest.TARGET;
        scale(target, 0);
        String said;
        try {
            objects.apply(Manifests.claim("waits", EXT4, "1Gi"));
            said = objects.told("waits", "answer");
            var _ = ClusterObjects.expect("Pending", objects.phase("waits"));
        } finally {
            scale(target, 1);
        }
        objects.bound("waits");
        objects.deleteClaims(List.of("waits"));
        return said;
    }

    private void scale(String target, int replicas) throws IOException, InterruptedException {
        var _ =
                objects.client()
                        .apps()
                        .statefulSets()
                        .inNamespace(ClusterObjects.LUNARIA)
                        .withName(target)
                        .scale(replicas);
        ClusterObjects.until(
                target + " has " + replicas + " pods",
                ClusterObjects.SOON,
                () -> {
                    StatefulSet set =
                            objects.client()
                                    .apps()
                                    .statefulSets()
                                    .inNamespace(ClusterObjects.LUNARIA)
                                    .withName(target)
                                    .get();
                    Integer ready = set.getStatus().getReadyReplicas();
                    return (ready == null ? 0 : ready) == replicas;
                });
    }
}
