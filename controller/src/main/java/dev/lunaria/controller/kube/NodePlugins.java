package dev.lunaria.controller.kube;

import dev.lunaria.service.csi.CsiIdentity;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashSet;
import java.util.Set;

/** Which kubelets know the node plugin. Used by any thread; keeps nothing. */
record NodePlugins(KubernetesClient client) {

    /**
     * Names of their nodes, read anew. {@link
     * io.fabric8.kubernetes.client.KubernetesClientException}.
     */
    Set<String> nodes() {
        var names = new HashSet<String>();
        for (CSINode node : client.storage().v1().csiNodes().list().getItems()) {
            if (node.getSpec() != null
                    && node.getSpec().getDrivers() != null
                    && node.getSpec().getDrivers().stream()
                            .anyMatch(driver -> driver.getName().equals(CsiIdentity.DRIVER_NAME))) {
                names.add(node.getMetadata().getName());
            }
        }
        return names;
    }
}
