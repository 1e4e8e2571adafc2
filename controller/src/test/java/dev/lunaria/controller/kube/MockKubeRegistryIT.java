package dev.lunaria.controller.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.AfterEach;

/** The registry's contract, against the client library's own server. It checks no schema. */
final class MockKubeRegistryIT extends KubeRegistryContract {

    private final MockCluster cluster = new MockCluster();

    @Override
    KubernetesClient client() {
        return cluster.client();
    }

    @Override
    void clear() {
        // Each test has its own.
    }

    @AfterEach
    void stop() {
        cluster.close();
    }
}
