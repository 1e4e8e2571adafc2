package dev.lunaria.e2e.kubernetes;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What is asked of the cluster's objects again and again. Used by one thread.
 *
 * @param tools how they are asked
 */
record ClusterObjects(Tools tools) {
    /** Where Lunaria is installed. */
    static final String NAMESPACE = "lunaria";

    /** How long what takes seconds may take. */
    static final Duration SOON = Duration.ofSeconds(90);

    /** kubectl in Lunaria's namespace. */
    String system(String... arguments) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("--namespace=" + NAMESPACE));
        words.addAll(List.of(arguments));
        return tools.kubectl(words.toArray(String[]::new));
    }

    /** Waits until pods of users are ready. */
    void ready(String... pods) throws IOException, InterruptedException {
        for (String pod : pods) {
            readyIn("default", pod);
        }
    }

    /** Waits until a pod is ready. */
    void readyIn(String namespace, String pod) throws IOException, InterruptedException {
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

    /** Waits until all pods of a Deployment are replaced. */
    void rolledOut(String what) throws IOException, InterruptedException {
        var _ = tools.kubectl("rollout", "status", what, "--timeout=120s");
    }

    /** Deletes an object of users, and waits until it is gone. */
    void delete(String kind, String name) throws IOException, InterruptedException {
        var _ = tools.kubectl("delete", kind, name, "--timeout=120s");
    }

    /** What was said, without space around it; fails where it begins otherwise. */
    static String expect(String wanted, String said) throws IOException {
        if (!said.strip().startsWith(wanted)) {
            throw new IOException("expected \"" + wanted + "\", got \"" + said.strip() + "\"");
        }
        return said.strip();
    }

    /** Waits, asking again and again; fails where it takes longer. */
    static void until(String what, Duration within, Callable<Boolean> holds)
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
