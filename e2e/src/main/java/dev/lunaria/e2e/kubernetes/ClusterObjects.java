package dev.lunaria.e2e.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the cluster's objects again and again; those of users are in the namespace
 * {@code default}. Used by one thread.
 *
 * @param client how they are asked
 */
record ClusterObjects(KubernetesClient client) {
    /** Where Lunaria is installed. */
    static final String LUNARIA = "lunaria";

    /** Where the users' objects are. */
    static final String USERS = "default";

    /** How long what takes seconds may take. */
    static final Duration SOON = Duration.ofSeconds(90);

    private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
    private static final long EXEC_SECONDS = 60;

    /** {@code kubectl apply} of manifests. */
    void apply(String manifests) {
        for (HasMetadata object :
                client.load(new ByteArrayInputStream(manifests.getBytes(UTF_8))).items()) {
            var _ = client.resource(object).inNamespace(USERS).serverSideApply();
        }
    }

    /** Waits until pods of users are ready. */
    void ready(String... pods) throws IOException, InterruptedException {
        for (String pod : pods) {
            until(
                    "pod " + pod + " is ready",
                    SOON.plus(SOON),
                    () -> pod(pod) != null && Readiness.isPodReady(pod(pod)),
                    () -> String.join("; ", events(pod)));
        }
    }

    /** A pod of users, if it is there. */
    @Nullable Pod pod(String name) {
        return client.pods().inNamespace(USERS).withName(name).get();
    }

    /** The name of a Deployment's one pod. */
    String podOf(String deployment) throws IOException {
        return client
                .pods()
                .inNamespace(USERS)
                .withLabel("app", deployment)
                .list()
                .getItems()
                .stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(pod -> pod.getMetadata().getName())
                .findFirst()
                .orElseThrow(() -> new IOException("no pod of " + deployment));
    }

    /** How often a pod's container was started again. */
    int restarts(String pod) {
        Pod found = pod(pod);
        return found == null
                ? -1
                : found.getStatus().getContainerStatuses().getFirst().getRestartCount();
    }

    /** Deletes pods of users, and waits until they are gone. */
    void deletePods(String... pods) throws IOException, InterruptedException {
        for (String pod : pods) {
            client.pods().inNamespace(USERS).withName(pod).delete();
        }
        for (String pod : pods) {
            until("pod " + pod + " is gone", SOON.plus(SOON), () -> pod(pod) == null);
        }
    }

    /** Deletes claims of users, and doesn't wait. */
    void deleteClaims(List<String> claims) {
        for (String claim : claims) {
            client.persistentVolumeClaims().inNamespace(USERS).withName(claim).delete();
        }
    }

    /** A shell command in a pod of users; fails where it does. */
    String inPod(String pod, String shell) throws IOException, InterruptedException {
        var said = new ByteArrayOutputStream();
        try (ExecWatch exec =
                client.pods()
                        .inNamespace(USERS)
                        .withName(pod)
                        .writingOutput(said)
                        .writingError(said)
                        .exec("/bin/busybox", "sh", "-c", shell)) {
            int code = exec.exitCode().get(EXEC_SECONDS, TimeUnit.SECONDS);
            if (code != 0) {
                throw new IOException(
                        "%s in %s ended with %d: %s"
                                .formatted(shell, pod, code, said.toString(UTF_8).strip()));
            }
            return said.toString(UTF_8);
        } catch (ExecutionException | TimeoutException | KubernetesClientException e) {
            throw new IOException(shell + " in " + pod + ": " + e, e);
        }
    }

    /** A claim of users. */
    PersistentVolumeClaim claim(String name) throws IOException {
        PersistentVolumeClaim claim =
                client.persistentVolumeClaims().inNamespace(USERS).withName(name).get();
        if (claim == null) {
            throw new IOException("no claim " + name);
        }
        return claim;
    }

    /** Pending or Bound. */
    String phase(String claim) throws IOException {
        String phase = claim(claim).getStatus().getPhase();
        return phase == null ? "Pending" : phase;
    }

    /** Waits until a claim is bound. */
    void bound(String claim) throws IOException, InterruptedException {
        until(
                "claim " + claim + " is bound",
                Duration.ofMinutes(3),
                () -> phase(claim).equals("Bound"),
                () -> String.join("; ", events(claim)));
    }

    /** What users are told of an object of theirs. */
    List<String> events(String name) {
        return client.v1().events().inNamespace(USERS).list().getItems().stream()
                .filter(event -> event.getInvolvedObject().getName().equals(name))
                .map(Event::getMessage)
                .filter(message -> message != null)
                .toList();
    }

    /** Waits until a user is told some words of an object; returns the message. */
    String told(String name, String words) throws IOException, InterruptedException {
        until(
                "an Event of " + name + " says: " + words,
                SOON,
                () -> events(name).stream().anyMatch(message -> message.contains(words)),
                () -> String.join("; ", events(name)));
        return events(name).stream()
                .filter(message -> message.contains(words))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until all pods of a workload are new and ready. */
    void rolledOut(String deployment) throws IOException, InterruptedException {
        until(
                deployment + " is rolled out",
                SOON.plus(SOON),
                () ->
                        Readiness.getInstance()
                                .isReady(
                                        client.apps()
                                                .deployments()
                                                .inNamespace(USERS)
                                                .withName(deployment)
                                                .get()));
    }

    Node node(String name) {
        return client.nodes().withName(name).get();
    }

    /** Waits until a node is, or isn't, Ready. */
    void node(String name, boolean ready) throws IOException, InterruptedException {
        until(
                name + (ready ? " is Ready" : " is NotReady"),
                Duration.ofMinutes(3),
                () -> Readiness.isNodeReady(node(name)) == ready);
    }

    /** Says that a node has no power, as an administrator does who has looked. */
    void takeOutOfService(String name) throws IOException, InterruptedException {
        var taint = new Taint();
        taint.setKey(OUT_OF_SERVICE);
        taint.setEffect("NoExecute");
        editTaints(
                name,
                node ->
                        new NodeBuilder(node)
                                .editSpec()
                                .removeMatchingFromTaints(
                                        there -> there.getKey().equals(OUT_OF_SERVICE))
                                .addToTaints(taint)
                                .endSpec()
                                .build());
    }

    /** Takes that back. */
    void putIntoService(String name) throws IOException, InterruptedException {
        editTaints(
                name,
                node ->
                        new NodeBuilder(node)
                                .editSpec()
                                .removeMatchingFromTaints(
                                        taint -> taint.getKey().equals(OUT_OF_SERVICE))
                                .endSpec()
                                .build());
    }

    /**
     * Again where somebody else has changed the node meanwhile: the taints are a list, and a patch
     * of it by index would hit another one.
     */
    private void editTaints(String name, UnaryOperator<Node> edit)
            throws IOException, InterruptedException {
        until(
                "the taints of " + name + " are changed",
                SOON,
                () -> {
                    try {
                        var _ = client.resource(edit.apply(node(name))).update();
                        return true;
                    } catch (KubernetesClientException e) {
                        if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                            return false;
                        }
                        throw e;
                    }
                });
    }

    /** All objects of a kind of Lunaria's own. */
    List<GenericKubernetesResource> custom(String kind) {
        return client.genericKubernetesResources("lunaria.dev/v1alpha1", kind).list().getItems();
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
        until(what, within, holds, () -> "");
    }

    /** The same; where it fails, {@code why} may tell more. */
    static void until(String what, Duration within, Callable<Boolean> holds, Callable<String> why)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        try {
            while (!holds.call()) {
                if (System.nanoTime() > end) {
                    String more = why.call();
                    throw new IOException(
                            "not within "
                                    + within.toSeconds()
                                    + " s: "
                                    + what
                                    + (more.isEmpty() ? "" : " (" + more + ")"));
                }
                Thread.sleep(200);
            }
        } catch (IOException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(what + ": " + e, e);
        }
    }
}
