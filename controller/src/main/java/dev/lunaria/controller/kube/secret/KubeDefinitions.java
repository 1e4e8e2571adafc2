package dev.lunaria.controller.kube.secret;

import dev.lunaria.controller.setup.Definitions;
import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Applies definitions at the server's side, over whoever applied them before. Of one thread. */
final class KubeDefinitions implements Definitions {

    private static final String FIELD_MANAGER = "lunaria-setup";

    private final KubernetesClient client;

    KubeDefinitions(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public void apply(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            CustomResourceDefinition definition =
                    client.apiextensions().v1().customResourceDefinitions().load(in).item();
            var _ =
                    client.resource(definition)
                            .patch(
                                    new PatchContext.Builder()
                                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                            .withFieldManager(FIELD_MANAGER)
                                            .withForce(true)
                                            .build());
        } catch (KubernetesClientException e) {
            throw Refusals.refused("patch", "the definition of " + file.getFileName(), e);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read the definition " + file + ": " + StartupException.reason(e), e);
        }
    }
}
