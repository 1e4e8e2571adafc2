package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What users do with claims and pods. One thread. */
final class ClaimRows {
    private static final String EXT4 = "lunaria-ext4";
    private static final String XFS = "lunaria-xfs";
    private static final String BLOCK = "lunaria-block";
    private static final int MANY = 50;
    private static final int REPLICAS = 3;

    private final ClusterObjects objects;

    ClaimRows(ClusterObjects objects) {
        this.objects = objects;
    }

    Chapter chapter() {
        return new Chapter(
                "Claims and pods",
                List.of(
                        step("a claim of 40 GiB, a pod that writes to it", this::firstPod),
                        step("the pod moves to the other node: the same data", this::moves),
                        step("the claim grows to 60 GiB while it is mounted", this::grows),
                        step("a snapshot, restored to a larger claim", this::restores),
                        step("a clone", this::clones),
                        step("a raw device, shared by pods on two nodes", this::shares),
                        step(MANY + " claims at once", this::many),
                        step("a StatefulSet of " + REPLICAS + " comes back", this::statefulSet)));
    }

    private String firstPod() throws IOException, InterruptedException {
        objects.apply(Manifests.claim("data", XFS, "40Gi"));
        objects.apply(Manifests.pod("first", ClusterUnderTest.STORAGE_NODE, List.of("data")));
        objects.ready("first");
        return objects.inPod("first", "echo hello > /data/file; sync; df -h /data | tail -n 1");
    }

    private String moves() throws IOException, InterruptedException {
        objects.deletePods("first");
        objects.apply(Manifests.pod("second", ClusterUnderTest.OTHER_NODE, List.of("data")));
        objects.ready("second");
        return ClusterObjects.expect("hello", objects.inPod("second", "cat /data/file"));
    }

    private String grows() throws IOException, InterruptedException {
        objects.client()
                .persistentVolumeClaims()
                .inNamespace(ClusterObjects.USERS)
                .withName("data")
                .edit(claim ->
                        new PersistentVolumeClaimBuilder(claim)
                                .editSpec()
                                .editResources()
                                .addToRequests("storage", new Quantity("60Gi"))
                                .endResources()
                                .endSpec()
                                .build());
        ClusterObjects.until(
                "the claim has 60 GiB",
                Duration.ofMinutes(3),
                () ->
                        new Quantity("60Gi")
                                .equals(
                                        objects.claim("data")
                                                .getStatus()
                                                .getCapacity()
                                                .get("storage")));
        return objects.inPod("second", "cat /data/file; df -h /data | tail -n 1");
    }

    private String restores() throws IOException, InterruptedException {
        objects.apply(Manifests.snapshot("snap", "data"));
        objects.apply(Manifests.copyOfSnapshot("restored", XFS, "80Gi", "snap"));
        objects.apply(
                Manifests.pod("restored", ClusterUnderTest.STORAGE_NODE, List.of("restored")));
        objects.ready("restored");
        String said = objects.inPod("restored", "cat /restored/file; df -h /restored | tail -n 1");
        return ClusterObjects.expect("hello", said);
    }

    private String clones() throws IOException, InterruptedException {
        objects.apply(Manifests.copyOfClaim("cloned", XFS, "60Gi", "data"));
        objects.apply(Manifests.pod("cloned", ClusterUnderTest.STORAGE_NODE, List.of("cloned")));
        objects.ready("cloned");
        return ClusterObjects.expect("hello", objects.inPod("cloned", "cat /cloned/file"));
    }

    private String shares() throws IOException, InterruptedException {
        objects.apply(Manifests.sharedClaim("shared", BLOCK, "Block", "1Gi"));
        objects.apply(Manifests.rawPod("raw1", ClusterUnderTest.STORAGE_NODE, "shared"));
        objects.apply(Manifests.rawPod("raw2", ClusterUnderTest.OTHER_NODE, "shared"));
        objects.ready("raw1", "raw2");
        String write = "dd of=/dev/shared bs=512 conv=sync,fsync 2>/dev/null";
        String read = "dd if=/dev/shared bs=512 count=1 iflag=direct 2>/dev/null | head -c 10";
        var _ = objects.inPod("raw1", "echo from-node1 | " + write);
        String there = ClusterObjects.expect("from-node1", objects.inPod("raw2", read));
        var _ = objects.inPod("raw2", "echo from-node2 | " + write);
        return there
                + ", and back: "
                + ClusterObjects.expect("from-node2", objects.inPod("raw1", read));
    }

    private String many() throws IOException, InterruptedException {
        List<String> names = IntStream.range(0, MANY).mapToObj(i -> "many-" + i).toList();
        long begin = System.nanoTime();
        objects.apply(
                names.stream()
                        .map(name -> Manifests.claim(name, EXT4, "1Gi"))
                        .collect(Collectors.joining()));
        ClusterObjects.until(
                "all are bound",
                Duration.ofMinutes(2),
                () ->
                        objects
                                .client()
                                .persistentVolumeClaims()
                                .inNamespace(ClusterObjects.USERS)
                                .list()
                                .getItems()
                                .stream()
                                .noneMatch(
                                        claim -> claim.getStatus().getPhase().equals("Pending")));
        double seconds = (System.nanoTime() - begin) / 1e9;
        objects.deleteClaims(names);
        String said = String.format(Locale.ROOT, "all bound after %.1f s", seconds);
        if (seconds >= 30) {
            throw new IOException(said + "; 30 s at most");
        }
        return said;
    }

    private String statefulSet() throws IOException, InterruptedException {
        objects.apply(Manifests.statefulSet("db", EXT4, REPLICAS));
        List<String> pods = IntStream.range(0, REPLICAS).mapToObj(i -> "db-" + i).toList();
        objects.ready(pods.toArray(String[]::new));
        for (String pod : pods) {
            var _ = objects.inPod(pod, "hostname > /data/name; sync");
        }
        scale("db", 0);
        for (String pod : pods) {
            ClusterObjects.until(
                    pod + " is gone", ClusterObjects.SOON, () -> objects.pod(pod) == null);
        }
        scale("db", REPLICAS);
        objects.ready(pods.toArray(String[]::new));
        for (String pod : pods) {
            var _ = ClusterObjects.expect(pod, objects.inPod(pod, "cat /data/name"));
        }
        return "each pod finds its own volume again";
    }

    private void scale(String statefulSet, int replicas) {
        objects.client()
                .apps()
                .statefulSets()
                .inNamespace(ClusterObjects.USERS)
                .withName(statefulSet)
                .scale(replicas);
    }
}
