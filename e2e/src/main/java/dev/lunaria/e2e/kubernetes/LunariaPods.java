package dev.lunaria.e2e.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The pods of the installation, and how they are replaced. One thread. */
final class LunariaPods {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final KubernetesClient client;

    LunariaPods(KubernetesClient client) {
        this.client = client;
    }

    /** A part of the installation, as its pods' label says. */
    enum Part {
        CONTROLLER("controller"),
        NODE("node"),
        DISK("disk"),
        TARGET("target");

        private final String label;

        Part(String label) {
            this.label = label;
        }
    }

    List<Pod> of(Part part) {
        return client.pods()
                .inNamespace(ClusterObjects.LUNARIA)
                .withLabel("app.kubernetes.io/component", part.label)
                .list()
                .getItems();
    }

    /** Deletes all pods of some parts at once, and waits until as many others are ready. */
    void replace(Part... parts) throws IOException, InterruptedException {
        Map<Part, Set<String>> old = new EnumMap<>(Part.class);
        for (Part part : parts) {
            old.put(part, uids(of(part)));
        }
        for (Part part : parts) {
            for (Pod pod : of(part)) {
                var _ = named(pod).delete();
            }
        }
        for (var part : old.entrySet()) {
            awaitOthers(part.getKey(), part.getValue(), part.getValue().size());
        }
    }

    /** Deletes a part's pods without giving them any time. */
    void kill(Part part) {
        for (Pod pod : of(part)) {
            var _ = named(pod).withGracePeriod(0).delete();
        }
    }

    /** Waits until a number of a part's pods are ready, none of which is among the old ones. */
    void awaitOthers(Part part, Set<String> old, long number)
            throws IOException, InterruptedException {
        ClusterObjects.until(
                number + " new pods of the part " + part.label + " are ready",
                PATIENCE,
                () ->
                        of(part).stream()
                                        .filter(pod -> !old.contains(pod.getMetadata().getUid()))
                                        .filter(Readiness::isPodReady)
                                        .count()
                                >= number);
    }

    static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    /** What a pod's container has logged. */
    String log(Pod pod, String container) {
        return named(pod).inContainer(container).getLog();
    }

    private PodResource named(Pod pod) {
        return client.pods()
                .inNamespace(ClusterObjects.LUNARIA)
                .withName(pod.getMetadata().getName());
    }
}
