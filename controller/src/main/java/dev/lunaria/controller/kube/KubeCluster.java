package dev.lunaria.controller.kube;

import dev.lunaria.registry.Registry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The Kubernetes cluster that the controller is of. Opened and closed by the main thread, used by
 * any. Holds one client with its connections and threads.
 */
public final class KubeCluster implements AutoCloseable {

    private final KubernetesClient client;
    private final KubeRegistry registry;

    private KubeCluster(KubernetesClient client) {
        this.client = client;
        this.registry = new KubeRegistry(client);
    }

    /**
     * Asks nobody yet.
     *
     * @param kubeconfig how to reach the cluster; empty: as the pod's service account
     * @throws dev.lunaria.service.cli.StartupException where that can't be
     */
    public static KubeCluster open(Optional<Path> kubeconfig) {
        return new KubeCluster(
                new KubernetesClientBuilder().withConfig(ClusterAccess.of(kubeconfig)).build());
    }

    /** The documents of the cluster; ends with it. */
    public Registry registry() {
        return registry;
    }

    @Override
    public void close() {
        registry.close();
        client.close();
    }
}
