package dev.lunaria.controller.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All nodes by an informer, for finding those of interest; what is done to one is decided by {@link
 * ClusterNodes}. Guarded by its own lock. Keeps of each node its taints and conditions alone.
 */
final class NodeWatch implements AutoCloseable {

    private static final String[] KEPT = {"spec.taints", "status.conditions"};

    private final KubernetesClient client;
    private @Nullable SharedIndexInformer<Node> informer;

    NodeWatch(KubernetesClient client) {
        this.client = client;
    }

    /** The nodes by name; the first call waits for them. {@link KubernetesClientException}. */
    synchronized Map<String, ClusterNodes.Seen> nodes() {
        var seen = new TreeMap<String, ClusterNodes.Seen>();
        started()
                .getStore()
                .list()
                .forEach(
                        node -> seen.put(node.getMetadata().getName(), ClusterNodes.Seen.of(node)));
        return seen;
    }

    private SharedIndexInformer<Node> started() {
        SharedIndexInformer<Node> running = informer;
        if (running == null) {
            running =
                    client.nodes()
                            .withLimit((long) KubeRegistry.PAGE)
                            .runnableInformer(0)
                            .itemStore(
                                    new ReducedStateItemStore<>(
                                            ReducedStateItemStore.NAME_KEY_STATE,
                                            Node.class,
                                            client.getKubernetesSerialization(),
                                            KEPT))
                            .exceptionHandler((started, failure) -> started);
            running.run();
            informer = running;
        }
        return running;
    }

    @Override
    public synchronized void close() {
        if (informer != null) {
            informer.stop();
            informer = null;
        }
    }
}
