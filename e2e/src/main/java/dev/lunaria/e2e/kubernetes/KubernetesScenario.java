package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.kubernetes.Tools.Said;
import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What users of Lunaria on Kubernetes do, and what happens to them. One thread; needs a cluster of
 * two nodes that runs, with Lunaria's images loaded, and nothing of Lunaria in it.
 *
 * <p>The target server runs on the first node, so that the second may lose its power. Filesystems
 * that grow are XFS: a mounted ext4 grows only on machines that may raise their own limits.
 */
final class KubernetesScenario {
    private static final String NAMESPACE = "lunaria";
    private static final String EXT4 = "lunaria-ext4";
    private static final String XFS = "lunaria-xfs";
    private static final String BLOCK = "lunaria-block";
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int MANY = 50;

    private final Tally tally;
    private final Tools tools;
    private final List<String> chartValues;

    /**
     * Nothing done yet.
     *
     * @param chartValues more words for {@code helm install}
     */
    KubernetesScenario(Tally tally, Tools tools, List<String> chartValues) {
        this.tally = tally;
        this.tools = tools;
        this.chartValues = chartValues;
    }

    /** All rows; those that follow a failed installation are skipped. */
    void play() throws InterruptedException {
        tally.headline("Helm installs it");
        if (!tally.row("helm install; all pods are ready", this::install)) {
            tally.skip("everything else", "there is no installation");
            return;
        }
        tally.headline("Claims and pods");
        var _ = tally.row("a claim of 40 GiB, a pod that writes to it", this::firstPod);
        var _ = tally.row("the pod moves to the other node: the same data", this::moves);
        var _ = tally.row("the claim grows to 60 GiB while it is mounted", this::grows);
        var _ = tally.row("a snapshot, restored to a larger claim", this::restores);
        var _ = tally.row("a clone", this::clones);
        var _ = tally.row("a raw device, shared by pods on two nodes", this::shares);
        var _ = tally.row("ReadWriteMany on ext4 stays Pending, and is told why", this::refuses);
        var _ = tally.row(MANY + " claims at once", this::many);
        tally.headline("What it survives");
        var _ = tally.row("the target server's pod is deleted under a writer", this::targetDies);
        var _ = tally.row("the node plugin's pods are replaced under a writer", this::pluginsDie);
        var _ =
                tally.row(
                        "the controllers' pods are deleted; claims are bound",
                        this::controllersDie);
        var _ = tally.row("a node loses its power: the pod runs on the other", this::nodeDies);
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
                        .formatted(NAMESPACE));
        Path chart = tools.project().resolve("charts/lunaria");
        var words =
                new ArrayList<>(
                        List.of(
                                "install",
                                "lunaria",
                                chart.toString(),
                                "--namespace=" + NAMESPACE,
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
        until(
                "both nodes have the driver",
                SOON,
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

    private String firstPod() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("data", XFS, "40Gi"));
        tools.apply(Manifests.pod("first", "node1", List.of("data")));
        ready("pod/first");
        return tools.inPod("first", "echo hello > /data/file; sync; df -h /data | tail -n 1");
    }

    private String moves() throws IOException, InterruptedException {
        delete("pod", "first");
        tools.apply(Manifests.pod("second", "node2", List.of("data")));
        ready("pod/second");
        return expect("hello", tools.inPod("second", "cat /data/file"));
    }

    private String grows() throws IOException, InterruptedException {
        var _ =
                tools.kubectl(
                        "patch",
                        "pvc",
                        "data",
                        "-p",
                        "{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"60Gi\"}}}}");
        until(
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
        ready("pod/restored");
        String said = tools.inPod("restored", "cat /restored/file; df -h /restored | tail -n 1");
        return expect("hello", said);
    }

    private String clones() throws IOException, InterruptedException {
        tools.apply(Manifests.copyOfClaim("cloned", XFS, "60Gi", "data"));
        tools.apply(Manifests.pod("cloned", "node1", List.of("cloned")));
        ready("pod/cloned");
        return expect("hello", tools.inPod("cloned", "cat /cloned/file"));
    }

    private String shares() throws IOException, InterruptedException {
        tools.apply(Manifests.sharedClaim("shared", BLOCK, "Block", "1Gi"));
        tools.apply(Manifests.rawPod("raw1", "node1", "shared"));
        tools.apply(Manifests.rawPod("raw2", "node2", "shared"));
        ready("pod/raw1", "pod/raw2");
        var _ =
                tools.inPod(
                        "raw1",
                        "echo from-node1 | dd of=/dev/shared bs=512 conv=sync,fsync 2>/dev/null");
        String read = "dd if=/dev/shared bs=512 count=1 iflag=direct 2>/dev/null | head -c 10";
        return expect("from-node1", tools.inPod("raw2", read));
    }

    private String refuses() throws IOException, InterruptedException {
        tools.apply(Manifests.sharedClaim("wrong", EXT4, "Filesystem", "1Gi"));
        until("the claim hears why", SOON, () -> events("wrong").contains("volumeMode Block"));
        String phase = tools.kubectl("get", "pvc", "wrong", "-o", "jsonpath={.status.phase}");
        delete("pvc", "wrong");
        return expect("Pending", phase);
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
        until(
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

    private String targetDies() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("beat", EXT4, "1Gi"));
        tools.apply(Manifests.writer("writer", "beat"));
        rolledOut("deployment/writer");
        return underTheWriter(() -> {
            var _ = system("delete", "pod", "lunaria-target-storage1-0");
            readyIn(NAMESPACE, "pod/lunaria-target-storage1-0");
            return true;
        });
    }

    private String pluginsDie() throws IOException, InterruptedException {
        return underTheWriter(() -> {
            var _ = system("rollout", "restart", "daemonset/lunaria-node");
            var _ = system("rollout", "status", "daemonset/lunaria-node", "--timeout=180s");
            return true;
        });
    }

    /** Does it, and says how long the writer was kept waiting meanwhile; fails where it ended. */
    private String underTheWriter(Callable<Boolean> death)
            throws IOException, InterruptedException {
        String before = tools.kubectl("get", "pods", "-l", "app=writer", "-o", "name").strip();
        int lines = lines(before);
        try {
            var _ = death.call();
        } catch (IOException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        until("the writer goes on", SOON, () -> lines(before) > lines);
        Thread.sleep(2000);
        String restarts =
                tools.kubectl(
                        "get",
                        before,
                        "-o",
                        "jsonpath={.status.containerStatuses[0].restartCount}");
        var _ = expect("0", restarts);
        List<Double> beats =
                tools.inPod(before, "cat /data/log")
                        .lines()
                        .skip(lines)
                        .map(Double::parseDouble)
                        .toList();
        double longest = 0;
        for (int i = 1; i < beats.size(); i++) {
            longest = Math.max(longest, beats.get(i) - beats.get(i - 1));
        }
        return String.format(
                Locale.ROOT,
                "%d fsyncs, no error, the longest pause %.2f s",
                beats.size(),
                longest);
    }

    private int lines(String pod) throws IOException, InterruptedException {
        return Integer.parseInt(tools.inPod(pod, "wc -l < /data/log").strip());
    }

    private String controllersDie() throws IOException, InterruptedException {
        var _ =
                system(
                        "delete",
                        "pod",
                        "-l",
                        "app.kubernetes.io/component=controller",
                        "--wait=false");
        tools.apply(Manifests.claim("after", EXT4, "1Gi"));
        until(
                "the claim is bound",
                Duration.ofMinutes(3),
                () ->
                        tools.kubectl("get", "pvc", "after", "-o", "jsonpath={.status.phase}")
                                .equals("Bound"));
        var _ = system("rollout", "status", "deployment/lunaria-controller", "--timeout=180s");
        return "";
    }

    private String nodeDies() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("moved", EXT4, "1Gi"));
        tools.apply(Manifests.pod("victim", "node2", List.of("moved")));
        ready("pod/victim");
        var _ = tools.inPod("victim", "echo kept > /moved/file; sync");
        var _ = tools.cluster("kill-node", "2");
        until(
                "node2 is NotReady",
                Duration.ofMinutes(2),
                () ->
                        !tools.kubectl(
                                        "get",
                                        "node",
                                        "node2",
                                        "-o",
                                        "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}")
                                .equals("True"));
        long begin = System.nanoTime();
        var _ =
                tools.kubectl(
                        "taint", "node", "node2", "node.kubernetes.io/out-of-service=:NoExecute");
        var _ = tools.tryKubectl("delete", "pod", "victim", "--wait=false");
        tools.apply(Manifests.pod("heir", "node1", List.of("moved")));
        ready("pod/heir");
        double seconds = (System.nanoTime() - begin) / 1e9;
        var _ = expect("kept", tools.inPod("heir", "cat /moved/file"));
        var _ = tools.cluster("start-node", "2");
        var _ = tools.kubectl("taint", "node", "node2", "node.kubernetes.io/out-of-service-");
        String said = String.format(Locale.ROOT, "runs %.1f s after the taint", seconds);
        if (seconds > 60) {
            throw new IOException(said + "; 60 s at most");
        }
        return said;
    }

    private String staysWithVolumes() throws IOException, InterruptedException {
        Said said =
                tools.tryHelm("uninstall", "lunaria", "--namespace=" + NAMESPACE, "--timeout=60s");
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
        until(
                "nothing is left",
                Duration.ofMinutes(3),
                () ->
                        tools.kubectl("get", "pv,volumeattachment,lunariavolumes", "-o", "name")
                                .isBlank());
        return "no PersistentVolume, VolumeAttachment, LunariaVolume";
    }

    private String uninstall() throws IOException, InterruptedException {
        var _ = tools.helm("uninstall", "lunaria", "--namespace=" + NAMESPACE, "--timeout=120s");
        until(
                "no pod is left",
                SOON,
                () ->
                        system("get", "pods", "-o", "name")
                                .lines()
                                .allMatch(pod -> pod.contains("uninstall") || pod.isBlank()));
        return "";
    }

    private String system(String... arguments) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("--namespace=" + NAMESPACE));
        words.addAll(List.of(arguments));
        return tools.kubectl(words.toArray(String[]::new));
    }

    private void ready(String... pods) throws IOException, InterruptedException {
        for (String pod : pods) {
            readyIn("default", pod);
        }
    }

    private void readyIn(String namespace, String pod) throws IOException, InterruptedException {
        until(
                pod + " is ready",
                SOON.plus(SOON),
                () ->
                        tools.tryKubectl(
                                        "--namespace=" + namespace,
                                        "get",
                                        pod,
                                        "-o",
                                        "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}")
                                .text()
                                .equals("True"));
    }

    private void rolledOut(String what) throws IOException, InterruptedException {
        var _ = tools.kubectl("rollout", "status", what, "--timeout=120s");
    }

    private void delete(String kind, String name) throws IOException, InterruptedException {
        var _ = tools.kubectl("delete", kind, name, "--timeout=120s");
    }

    private static String expect(String wanted, String said) throws IOException {
        if (!said.strip().startsWith(wanted)) {
            throw new IOException("expected \"" + wanted + "\", got \"" + said.strip() + "\"");
        }
        return said.strip();
    }

    private static void until(String what, Duration within, Callable<Boolean> holds)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        try {
            while (!holds.call()) {
                if (System.nanoTime() > end) {
                    throw new IOException("not within " + within.toSeconds() + " s: " + what);
                }
                Thread.sleep(300);
            }
        } catch (IOException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
