package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** What happens to pods with volumes, and what they survive. One thread. */
final class SurvivalRows {
    private static final String EXT4 = "lunaria-ext4";

    private final Tools tools;
    private final ClusterObjects objects;

    SurvivalRows(Tools tools) {
        this.tools = tools;
        this.objects = new ClusterObjects(tools);
    }

    void play(Tally tally) throws InterruptedException {
        tally.headline("What it survives");
        var _ = tally.row("the target server's pod is deleted under a writer", this::targetDies);
        var _ = tally.row("the node plugin's pods are replaced under a writer", this::pluginsDie);
        var _ =
                tally.row(
                        "the controllers' pods are deleted; claims are bound",
                        this::controllersDie);
        var _ = tally.row("a node loses its power: the pod runs on the other", this::nodeDies);
    }

    private String targetDies() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("beat", EXT4, "1Gi"));
        tools.apply(Manifests.writer("writer", "beat"));
        objects.rolledOut("deployment/writer");
        return underTheWriter(() -> {
            var _ = objects.system("delete", "pod", "lunaria-target-storage1-0");
            objects.readyIn(ClusterObjects.NAMESPACE, "pod/lunaria-target-storage1-0");
            return true;
        });
    }

    private String pluginsDie() throws IOException, InterruptedException {
        return underTheWriter(() -> {
            var _ = objects.system("rollout", "restart", "daemonset/lunaria-node");
            var _ = objects.system("rollout", "status", "daemonset/lunaria-node", "--timeout=180s");
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
        ClusterObjects.until(
                "the writer goes on", ClusterObjects.SOON, () -> lines(before) > lines);
        Thread.sleep(2000);
        String restarts =
                tools.kubectl(
                        "get",
                        before,
                        "-o",
                        "jsonpath={.status.containerStatuses[0].restartCount}");
        var _ = ClusterObjects.expect("0", restarts);
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
                objects.system(
                        "delete",
                        "pod",
                        "-l",
                        "app.kubernetes.io/component=controller",
                        "--wait=false");
        tools.apply(Manifests.claim("after", EXT4, "1Gi"));
        ClusterObjects.until(
                "the claim is bound",
                Duration.ofMinutes(3),
                () ->
                        tools.kubectl("get", "pvc", "after", "-o", "jsonpath={.status.phase}")
                                .equals("Bound"));
        var _ =
                objects.system(
                        "rollout", "status", "deployment/lunaria-controller", "--timeout=180s");
        return "";
    }

    private String nodeDies() throws IOException, InterruptedException {
        tools.apply(Manifests.claim("moved", EXT4, "1Gi"));
        tools.apply(Manifests.pod("victim", "node2", List.of("moved")));
        objects.ready("pod/victim");
        var _ = tools.inPod("victim", "echo kept > /moved/file; sync");
        var _ = tools.cluster("kill-node", "2");
        ClusterObjects.until(
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
        objects.ready("pod/heir");
        double seconds = (System.nanoTime() - begin) / 1e9;
        var _ = ClusterObjects.expect("kept", tools.inPod("heir", "cat /moved/file"));
        var _ = tools.cluster("start-node", "2");
        var _ = tools.kubectl("taint", "node", "node2", "node.kubernetes.io/out-of-service-");
        String said = String.format(Locale.ROOT, "runs %.1f s after the taint", seconds);
        if (seconds > 60) {
            throw new IOException(said + "; 60 s at most");
        }
        return said;
    }
}
