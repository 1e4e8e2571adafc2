package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import dev.lunaria.e2e.kubernetes.Commands.Said;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How it goes, and what it leaves: nothing. One thread. */
final class RemovalRows {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final ClusterUnderTest cluster;
    private final ClusterObjects objects;
    private final Release release;

    RemovalRows(ClusterUnderTest cluster, Release release) {
        this.cluster = cluster;
        this.objects = cluster.objects();
        this.release = release;
    }

    Chapter chapter() {
        return new Chapter(
                "It goes",
                List.of(
                        step(
                                "helm uninstall refuses while there are volumes",
                                this::staysWithVolumes),
                        step(
                                "all pods and claims are deleted: nothing is left",
                                this::nothingIsLeft),
                        step("helm uninstall", this::goes)));
    }

    private String staysWithVolumes() throws IOException, InterruptedException {
        objects.apply(Manifests.claim("kept", "lunaria-ext4", "1Gi"));
        objects.bound("kept");
        Said said = release.uninstall();
        if (said.code() == 0) {
            throw new IOException("it was uninstalled, volumes and all");
        }
        return said.text().strip();
    }

    private String nothingIsLeft() throws IOException, InterruptedException {
        var client = objects.client();
        var _ = client.apps().deployments().inNamespace(ClusterObjects.USERS).delete();
        var _ = client.apps().statefulSets().inNamespace(ClusterObjects.USERS).delete();
        var _ = client.pods().inNamespace(ClusterObjects.USERS).withGracePeriod(1).delete();
        var _ =
                client.genericKubernetesResources("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
                        .inNamespace(ClusterObjects.USERS)
                        .delete();
        var _ = client.persistentVolumeClaims().inNamespace(ClusterObjects.USERS).delete();
        ClusterObjects.until(
                "nothing is left", PATIENCE, () -> left().isEmpty(), () -> left().toString());
        return "no claim, PersistentVolume, VolumeAttachment, LunariaVolume, LUN, mount or disk";
    }

    private List<String> left() throws IOException, InterruptedException {
        var client = objects.client();
        List<String> left = new ArrayList<>();
        client.persistentVolumes().list().getItems().stream()
                .map(volume -> "PersistentVolume " + volume.getMetadata().getName())
                .forEach(left::add);
        client.storage().v1().volumeAttachments().list().getItems().stream()
                .map(attachment -> "VolumeAttachment " + attachment.getMetadata().getName())
                .forEach(left::add);
        objects.custom("LunariaVolume").stream()
                .map(volume -> "LunariaVolume " + volume.getMetadata().getName())
                .forEach(left::add);
        cluster.lunFolders().forEach(folder -> left.add("LUN " + folder.getFileName()));
        for (String node : List.of(ClusterUnderTest.STORAGE_NODE, ClusterUnderTest.OTHER_NODE)) {
            cluster.commands()
                    .cluster("run", node, "cat", "/proc/mounts")
                    .lines()
                    .filter(line ->
                            line.contains("kubernetes.io~csi")
                                    || line.contains("kubernetes.io/csi"))
                    .forEach(line -> left.add("on " + node + " the mount " + line));
        }
        return left;
    }

    private String goes() throws IOException, InterruptedException {
        Said said = release.uninstall();
        if (said.code() != 0) {
            throw new IOException(said.text().strip());
        }
        ClusterObjects.until(
                "no pod is left",
                ClusterObjects.SOON,
                () ->
                        objects
                                .client()
                                .pods()
                                .inNamespace(ClusterObjects.LUNARIA)
                                .list()
                                .getItems()
                                .stream()
                                .allMatch(
                                        pod -> pod.getMetadata().getName().contains("uninstall")));
        return "";
    }
}
