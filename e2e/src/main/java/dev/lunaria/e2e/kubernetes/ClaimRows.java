package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
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

    private final Tools tools;
    private final ClusterObjects objects;

    ClaimRows(Tools tools) {
        this.tools = tools;
        this.objects = new ClusterObjects(tools);
    }

    void play(Tally tally) throws InterruptedException {
        tally.headline("Claims and pods");
        var _ = tally.row("a claim of 40 GiB, a pod that writes to it", this::firstPod);
        var _ = tally.row("the pod moves to the other node: the same data", this::moves);
        var _ = tally.row("the claim grows to 60 GiB while it is mounted", this::grows);
        var _ = tally.row("a snapshot, restored to a larger claim", this::restores);
        var _ = tally.row("a clone", this::clones);
        var _ = tally.row("a raw device, shared by pods on two nodes", this::shares);
        var _ = tally.row("ReadWriteMany on ext4 stays Pending, and is told why", this::refuses);
        var _ = tally.row(MANY + " claims at once", this::many);
    }

    private String firstPod() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("data", XFS, "40Gi"));
        tools.apply(Manifests.pod("first", "node1", List.of("data")));
        objects.ready("pod/first");
        return tools.inPod("first", "echo hello > /data/file; sync; df -h /data | tail -n 1");
    }

    private String moves() throws IOException, InterruptedException {
        objects.delete("pod", "first");
        tools.apply(Manifests.pod("second", "node2", List.of("data")));
        objects.ready("pod/second");
        return ClusterObjects.expect("hello", tools.inPod("second", "cat /data/file"));
    }

    private String grows() throws IOException, InterruptedException {
        var _ =
                tools.kubectl(
                        "patch",
                        "pvc",
                        "data",
                        "-p",
                        "{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"60Gi\"}}}}");
        ClusterObjects.until(
                "the claim has 60 GiB",
                Duration.ofMinutes(3),
                () ->
                        tools.kubectl(
                                        "get",
                                        "pvc",
                                        "data",
                                        "-o",
                                        "jsonpath={.status.capacity.storage}")
                                .equals("60Gi"));
        return tools.inPod("second", "cat /data/file; df -h /data | tail -n 1");
    }

    private String restores() throws IOException, InterruptedException {
        tools.apply(Manifests.snapshot("snap", "data"));
        tools.apply(Manifests.copyOfSnapshot("restored", XFS, "80Gi", "snap"));
        tools.apply(Manifests.pod("restored", "node1", List.of("restored")));
        objects.ready("pod/restored");
        String said = tools.inPod("restored", "cat /restored/file; df -h /restored | tail -n 1");
        return ClusterObjects.expect("hello", said);
    }

    private String clones() throws IOException, InterruptedException {
        tools.apply(Manifests.copyOfClaim("cloned", XFS, "60Gi", "data"));
        tools.apply(Manifests.pod("cloned", "node1", List.of("cloned")));
        objects.ready("pod/cloned");
        return ClusterObjects.expect("hello", tools.inPod("cloned", "cat /cloned/file"));
    }

    private String shares() throws IOException, InterruptedException {
        tools.apply(Manifests.sharedClaim("shared", BLOCK, "Block", "1Gi"));
        tools.apply(Manifests.rawPod("raw1", "node1", "shared"));
        tools.apply(Manifests.rawPod("raw2", "node2", "shared"));
        objects.ready("pod/raw1", "pod/raw2");
        var _ =
                tools.inPod(
                        "raw1",
                        "echo from-node1 | dd of=/dev/shared bs=512 conv=sync,fsync 2>/dev/null");
        String read = "dd if=/dev/shared bs=512 count=1 iflag=direct 2>/dev/null | head -c 10";
        return ClusterObjects.expect("from-node1", tools.inPod("raw2", read));
    }

    private String refuses() throws IOException, InterruptedException {
        tools.apply(Manifests.sharedClaim("wrong", EXT4, "Filesystem", "1Gi"));
        ClusterObjects.until(
                "the claim hears why",
                ClusterObjects.SOON,
                () -> events("wrong").contains("volumeMode Block"));
        String phase = tools.kubectl("get", "pvc", "wrong", "-o", "jsonpath={.status.phase}");
        objects.delete("pvc", "wrong");
        return ClusterObjects.expect("Pending", phase);
    }

    private String events(String claim) throws IOException, InterruptedException {
        return tools.kubectl(
                "get",
                "events",
                "--field-selector=involvedObject.name=" + claim,
                "-o",
                "jsonpath={.items[*].message}");
    }

    private String many() throws IOException, InterruptedException {
        List<String> names = IntStream.range(0, MANY).mapToObj(i -> "many-" + i).toList();
        long begin = System.nanoTime();
        tools.apply(
                names.stream()
                        .map(name -> Manifests.claim(name, EXT4, "1Gi"))
                        .collect(Collectors.joining()));
        ClusterObjects.until(
                "all are bound",
                Duration.ofMinutes(2),
                () -> {
                    String phases =
                            tools.kubectl("get", "pvc", "-o", "jsonpath={.items[*].status.phase}");
                    return !phases.contains("Pending");
                });
        double seconds = (System.nanoTime() - begin) / 1e9;
        var words = new ArrayList<>(List.of("delete", "pvc", "--wait=false"));
        words.addAll(names);
        var _ = tools.kubectl(words.toArray(String[]::new));
        String said = String.format(Locale.ROOT, "all bound after %.1f s", seconds);
        if (seconds >= 30) {
            throw new IOException(said + "; 30 s at most");
        }
        return said;
    }
}
