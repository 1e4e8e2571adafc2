package dev.lunaria.controller.kube.secret;

import dev.lunaria.controller.kube.ClusterAccess;
import dev.lunaria.controller.setup.Definitions;
import dev.lunaria.controller.setup.InstallationNames;
import dev.lunaria.controller.setup.InstallationObjects;
import dev.lunaria.controller.setup.MetadataServices;
import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The cluster and the namespace of an installation, for its set-up and its end. Of one thread.
 * Holds one client with its connections and threads.
 */
public final class InstallationCluster implements AutoCloseable {

    private final KubernetesClient client;
    private final String namespace;

    /** Over a client, which it closes. */
    public InstallationCluster(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /**
     * Asks nobody yet. The namespace is the pod's, or that of the kubeconfig's context.
     *
     * @param kubeconfig how to reach the cluster; empty: as the pod's service account
     * @throws StartupException where that can't be
     */
    public static InstallationCluster open(Optional<Path> kubeconfig) {
        Config config = ClusterAccess.of(kubeconfig);
        if (config.getNamespace() == null) {
            throw new StartupException(
                    "the kubeconfig's context names no namespace; set that of the installation");
        }
        return new InstallationCluster(
                new KubernetesClientBuilder().withConfig(config).build(), config.getNamespace());
    }

    public InstallationNames names() {
        return new InstallationNames(namespace);
    }

    /** Its Secrets and ConfigMaps. */
    public InstallationObjects objects() {
        return new KubeObjects(client, namespace);
    }

    /** The cluster's definitions. */
    public Definitions definitions() {
        return new KubeDefinitions(client);
    }

    /** Where its backup programs look for SnapshotMetadata services. */
    public MetadataServices metadataServices() {
        return new KubeMetadataServices(client);
    }

    /**
     * Names of the PersistentVolumes of a driver.
     *
     * @throws StartupException where the cluster doesn't answer or refuses
     */
    public List<String> volumes(String driver) {
        try {
            return client.persistentVolumes().list().getItems().stream()
                    .filter(volume -> isOf(driver, volume))
                    .map(volume -> volume.getMetadata().getName())
                    .toList();
        } catch (KubernetesClientException e) {
            throw Refusals.refused("list", "persistentvolumes", e);
        }
    }

    private static boolean isOf(String driver, PersistentVolume volume) {
        return volume.getSpec().getCsi() != null
                && driver.equals(volume.getSpec().getCsi().getDriver());
    }

    @Override
    public void close() {
        client.close();
    }
}
