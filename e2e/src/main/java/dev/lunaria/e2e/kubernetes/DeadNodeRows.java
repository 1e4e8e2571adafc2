package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import dev.lunaria.e2e.kubernetes.LunariaPods.Part;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** What comes of nodes that are gone, and of those that only seem to be. One thread. */
final class DeadNodeRows {
    private static final String EXT4 = "lunaria-ext4";
    private static final int COPY_BYTES = 1 << 20;

    private final ClusterUnderTest cluster;
    private final ClusterObjects objects;
    private final LunariaPods pods;

    DeadNodeRows(ClusterUnderTest cluster) {
        this.cluster = cluster;
        this.objects = cluster.objects();
        this.pods = new LunariaPods(cluster.client());
    }

    Chapter chapter() {
        return new Chapter(
                "A node is gone",
                List.of(
                        step("it has no power: the pod runs on the other node", this::powerFails),
                        step(
                                "it is only cut off, and goes on writing: nothing of that arrives",
                                this::lateWrites)));
    }

    private String powerFails() throws IOException, InterruptedException {
        objects.apply(Manifests.claim("moved", EXT4, "1Gi"));
        objects.apply(Manifests.pod("victim", ClusterUnderTest.OTHER_NODE, List.of("moved")));
        objects.ready("victim");
        var _ = objects.inPod("victim", "echo kept > /moved/file; sync");
        cluster.cutPower();
        objects.node(ClusterUnderTest.OTHER_NODE, false);
        long begin = System.nanoTime();
        objects.takeOutOfService(ClusterUnderTest.OTHER_NODE);
        objects.apply(Manifests.pod("heir", ClusterUnderTest.STORAGE_NODE, List.of("moved")));
        objects.ready("heir");
        double seconds = (System.nanoTime() - begin) / 1e9;
        var _ = ClusterObjects.expect("kept", objects.inPod("heir", "cat /moved/file"));
        cluster.boot();
        objects.putIntoService(ClusterUnderTest.OTHER_NODE);
        String said = String.format(Locale.ROOT, "runs %.1f s after the taint", seconds);
        if (seconds > 60) {
            throw new IOException(said + "; 60 s at most");
        }
        return said;
    }

    private String lateWrites() throws IOException, InterruptedException {
        objects.apply(Manifests.claim("late", EXT4, "256Mi"));
        objects.apply(Manifests.stubbornWriter("late", ClusterUnderTest.OTHER_NODE, "late"));
        objects.ready("late");
        var _ = objects.inPod("late", "echo kept > /late/file; sync");
        Path data = data("late");
        cluster.cutCable();
        String sum;
        try {
            objects.node(ClusterUnderTest.OTHER_NODE, false);
            objects.takeOutOfService(ClusterUnderTest.OTHER_NODE);
            awaitDetached("late");
            sum = checksum(data);
        } finally {
            cluster.joinCable();
        }
        objects.node(ClusterUnderTest.OTHER_NODE, true);
        ClusterObjects.until(
                "the node's disk process has come back, and was refused",
                ClusterObjects.SOON,
                this::wasFenced);
        if (!checksum(data).equals(sum)) {
            throw new IOException("the LUN has changed after its node was fenced");
        }
        objects.apply(Manifests.pod("successor", ClusterUnderTest.STORAGE_NODE, List.of("late")));
        objects.ready("successor");
        var _ = ClusterObjects.expect("kept", objects.inPod("successor", "cat /late/file"));
        objects.putIntoService(ClusterUnderTest.OTHER_NODE);
        return "SHA-256 " + sum.substring(0, 16) + "… before the node came back, and afterwards";
    }

    private boolean wasFenced() {
        for (Pod pod : pods.of(Part.DISK)) {
            if (ClusterUnderTest.OTHER_NODE.equals(pod.getSpec().getNodeName())
                    && pods.log(pod, "disk").contains("ended for good")) {
                return true;
            }
        }
        return false;
    }

    private void awaitDetached(String claim) throws IOException, InterruptedException {
        String volume = objects.claim(claim).getSpec().getVolumeName();
        ClusterObjects.until(
                "the volume of claim " + claim + " is attached nowhere",
                ClusterObjects.SOON,
                () ->
                        objects
                                .client()
                                .storage()
                                .v1()
                                .volumeAttachments()
                                .list()
                                .getItems()
                                .stream()
                                .noneMatch(a ->
                                        volume.equals(
                                                a.getSpec()
                                                        .getSource()
                                                        .getPersistentVolumeName())));
    }

    /** The file with a claim's bytes, on the target server's disk. */
    private Path data(String claim) throws IOException {
        String volume = objects.claim(claim).getSpec().getVolumeName();
        String handle =
                objects.client()
                        .persistentVolumes()
                        .withName(volume)
                        .get()
                        .getSpec()
                        .getCsi()
                        .getVolumeHandle();
        String lun = handle.substring(handle.indexOf('/') + 1);
        return cluster.lunFolders().stream()
                .filter(folder -> folder.endsWith(lun))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no LUN " + lun))
                .resolve("data");
    }

    private static String checksum(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-256");
            byte[] bytes = new byte[COPY_BYTES];
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                digest.update(bytes, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
