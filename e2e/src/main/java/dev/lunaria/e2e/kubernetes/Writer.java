package dev.lunaria.e2e.kubernetes;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * A Deployment of one pod that keeps a file open, appends the uptime to it and fsyncs, ten times a
 * second; the first error ends it. One thread.
 */
final class Writer {
    private static final String NAME = "writer";
    private static final int BEATS_AFTERWARDS = 20;

    private final ClusterObjects objects;

    Writer(ClusterObjects objects) {
        this.objects = objects;
    }

    /** Something that happens to the cluster. */
    interface Event {
        void happens() throws IOException, InterruptedException;
    }

    /** Waits until it writes. */
    void start(String storageClass) throws IOException, InterruptedException {
        objects.apply(Manifests.claim("beat", storageClass, "1Gi"));
        objects.apply(Manifests.writer(NAME, "beat"));
        objects.rolledOut(NAME);
        String pod = objects.podOf(NAME);
        ClusterObjects.until("it writes", ClusterObjects.SOON, () -> lines(pod) > 0);
    }

    /** Says how long it was kept waiting by an event; fails where it ended or was started again. */
    String during(Event event) throws IOException, InterruptedException {
        String pod = objects.podOf(NAME);
        int before = lines(pod);
        event.happens();
        int after = lines(pod);
        ClusterObjects.until(
                "the writer goes on",
                ClusterObjects.SOON,
                () -> lines(pod) > after + BEATS_AFTERWARDS);
        if (objects.restarts(pod) != 0) {
            throw new IOException("the writer had an error, and was started again");
        }
        List<Double> beats =
                objects.inPod(pod, "cat /data/log")
                        .lines()
                        .skip(before)
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
        return Integer.parseInt(objects.inPod(pod, "wc -l < /data/log").strip());
    }
}
