package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.kube.secret.InstallationCluster;
import dev.lunaria.controller.setup.InstallationObjects;
import dev.lunaria.controller.setup.InstallationObjectsContract;
import dev.lunaria.controller.setup.MetadataServices;
import dev.lunaria.registry.Kind;
import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Secrets, ConfigMaps, definitions and volumes of a real API server. */
@ExtendWith(ApiServerExtension.class)
final class ApiServerInstallationIT extends InstallationObjectsContract {

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final ApiServer server;
    private final KubernetesClient admin;

    ApiServerInstallationIT(ApiServer server) {
        this.server = server;
        this.admin = server.admin();
    }

    private InstallationCluster cluster() {
        String namespace = "storage-" + NAMESPACES.incrementAndGet();
        var _ =
                admin.resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withName(namespace)
                                        .endMetadata()
                                        .build())
                        .create();
        return new InstallationCluster(admin, namespace);
    }

    @Override
    protected InstallationObjects objects() {
        return cluster().objects();
    }

    @Test
    void aDefinitionIsAppliedOverTheOneThatIsThere() {
        String name = Kind.STORAGE_TARGET.plural() + "." + Kind.GROUP;
        var definitions = admin.apiextensions().v1().customResourceDefinitions();
        var _ =
                definitions
                        .withName(name)
                        .edit(one -> {
                            one.getSpec().getNames().setShortNames(java.util.List.of("old"));
                            return one;
                        });

        cluster().definitions().apply(CustomResourceDefinitionsTest.file(Kind.STORAGE_TARGET));

        assertThat(definitions.withName(name).get().getSpec().getNames().getShortNames())
                .containsExactly("lst");
    }

    private void defineMetadataServices() {
        var _ =
                admin.resource(
                                new CustomResourceDefinitionBuilder()
                                        .withNewMetadata()
                                        .withName("snapshotmetadataservices.cbt.storage.k8s.io")
                                        .addToAnnotations(
                                                "api-approved.kubernetes.io", "unapproved, a test")
                                        .endMetadata()
                                        .withNewSpec()
                                        .withGroup("cbt.storage.k8s.io")
                                        .withScope("Cluster")
                                        .withNewNames()
                                        .withKind("SnapshotMetadataService")
                                        .withPlural("snapshotmetadataservices")
                                        .withSingular("snapshotmetadataservice")
                                        .endNames()
                                        .addNewVersion()
                                        .withName("v1beta1")
                                        .withServed(true)
                                        .withStorage(true)
                                        .withNewSchema()
                                        .withNewOpenAPIV3Schema()
                                        .withType("object")
                                        .withXKubernetesPreserveUnknownFields(true)
                                        .endOpenAPIV3Schema()
                                        .endSchema()
                                        .endVersion()
                                        .endSpec()
                                        .build())
                        .serverSideApply();
        admin.apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName("snapshotmetadataservices.cbt.storage.k8s.io")
                .waitUntilCondition(
                        one ->
                                one.getStatus() != null
                                        && one.getStatus().getConditions().stream()
                                                .anyMatch(condition ->
                                                        condition.getType().equals("Established")
                                                                && condition
                                                                        .getStatus()
                                                                        .equals("True")),
                        30,
                        TimeUnit.SECONDS);
    }

    /** external-snapshot-metadata's kind: caCert is base64 of PEM (KEP-3314). */
    @Test
    void aMetadataServiceIsAnnouncedAndItsAuthoritiesReplaced() {
        defineMetadataServices();
        for (String ca : List.of("first", "second")) {
            cluster()
                    .metadataServices()
                    .announce(
                            new MetadataServices.MetadataService(
                                    "csi.metadata.test", "host.ns.svc:6443", "audience", ca));
        }

        var found =
                admin.genericKubernetesResources(
                                "cbt.storage.k8s.io/v1beta1", "SnapshotMetadataService")
                        .withName("csi.metadata.test")
                        .get();
        assertThat(found.<String>get("spec", "address")).isEqualTo("host.ns.svc:6443");
        assertThat(found.<String>get("spec", "audience")).isEqualTo("audience");
        assertThat(Base64.getDecoder().decode(found.<String>get("spec", "caCert")))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("second");
    }

    @Test
    void onlyTheDriversVolumesAreListed() {
        // A driver of this test's own: other tests leave volumes at the same server.
        volume("ours", "csi.installation.test");
        volume("theirs", "csi.example.org");

        assertThat(cluster().volumes("csi.installation.test")).containsExactly("ours");
    }

    private void volume(String name, String driver) {
        var _ =
                admin.resource(
                                new PersistentVolumeBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .endMetadata()
                                        .withNewSpec()
                                        .withAccessModes("ReadWriteOnce")
                                        .addToCapacity(
                                                "storage",
                                                new io.fabric8.kubernetes.api.model.Quantity("1Gi"))
                                        .withNewCsi()
                                        .withDriver(driver)
                                        .withVolumeHandle(name)
                                        .endCsi()
                                        .endSpec()
                                        .build())
                        .create();
    }

    @Test
    void whoHasNoRightsHearsWhichOneIsMissing() {
        try (var stranger =
                new InstallationCluster(
                        new KubernetesClientBuilder().withConfig(server.strangerConfig()).build(),
                        "default")) {
            assertThatThrownBy(() ->
                            stranger.objects()
                                    .write(
                                            InstallationObjects.Kind.SECRET,
                                            "a",
                                            java.util.Map.of(),
                                            Optional.empty()))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("may not create the Secret a");
            assertThatThrownBy(() -> stranger.volumes("csi.lunaria.dev"))
                    .hasMessageContaining("may not list persistentvolumes");
        }
    }

    @AfterEach
    void closeClient() {
        var _ = admin.persistentVolumes().delete();
        admin.close();
    }
}
