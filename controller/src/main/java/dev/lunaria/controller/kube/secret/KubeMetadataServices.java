package dev.lunaria.controller.kube.secret;

import dev.lunaria.controller.setup.MetadataServices;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * SnapshotMetadataService objects (KEP-3314), applied at the server's side over whoever applied
 * them before. Of one thread.
 */
final class KubeMetadataServices implements MetadataServices {

    private static final String FIELD_MANAGER = "lunaria-setup";
    private static final String GROUP = "cbt.storage.k8s.io";
    private static final String VERSION = "v1beta1";
    private static final String KIND = "SnapshotMetadataService";
    private static final ResourceDefinitionContext RESOURCE =
            new ResourceDefinitionContext.Builder()
                    .withGroup(GROUP)
                    .withVersion(VERSION)
                    .withKind(KIND)
                    .withPlural("snapshotmetadataservices")
                    .withNamespaced(false)
                    .build();

    private final KubernetesClient client;

    KubeMetadataServices(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public void announce(MetadataService service) {
        try {
            var _ =
                    client.genericKubernetesResources(RESOURCE)
                            .resource(object(service))
                            .patch(
                                    new PatchContext.Builder()
                                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                            .withFieldManager(FIELD_MANAGER)
                                            .withForce(true)
                                            .build());
        } catch (KubernetesClientException e) {
            throw Refusals.refused("patch", KIND + " " + service.driver(), e);
        }
    }

    private static GenericKubernetesResource object(MetadataService service) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion(GROUP + "/" + VERSION)
                .withKind(KIND)
                .withNewMetadata()
                .withName(service.driver())
                .endMetadata()
                .addToAdditionalProperties(
                        "spec",
                        Map.of(
                                "address",
                                service.address(),
                                "audience",
                                service.audience(),
                                "caCert",
                                Base64.getEncoder()
                                        .encodeToString(
                                                service.authorities()
                                                        .getBytes(StandardCharsets.UTF_8))))
                .build();
    }
}
