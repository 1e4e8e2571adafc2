package dev.lunaria.controller.kube;

import dev.lunaria.controller.kube.secret.InstallationCluster;
import dev.lunaria.controller.setup.InstallationObjects;
import dev.lunaria.controller.setup.InstallationObjectsContract;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import org.junit.jupiter.api.AfterEach;

/** The contract against the client library's own server. */
final class MockInstallationObjectsIT extends InstallationObjectsContract {

    private final MockCluster cluster = new MockCluster();

    @Override
    protected InstallationObjects objects() {
        var _ =
                cluster.client()
                        .resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withName("kube-system")
                                        .endMetadata()
                                        .build())
                        .create();
        return new InstallationCluster(cluster.client(), "storage").objects();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }
}
