package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.RegistryException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The registry's contract, against a real API server with the chart's CustomResourceDefinitions.
 */
@ExtendWith(ApiServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApiServerKubeRegistryIT extends KubeRegistryContract {

    private final ApiServer server;
    private final KubernetesClient client;

    ApiServerKubeRegistryIT(ApiServer server) {
        this.server = server;
        client = server.admin();
    }

    @Override
    KubernetesClient client() {
        return client;
    }

    @Override
    void clear() {
        ApiServerExtension.clear(client);
    }

    /** A registry that meets somebody else's change between its own read and its write. */
    private KubeRegistry interruptedBy(String method, Runnable change) {
        var once = new AtomicBoolean();
        var interrupted =
                new KubernetesClientBuilder()
                        .withConfig(client.getConfiguration())
                        .withHttpClientBuilderConsumer(http ->
                                http.addOrReplaceInterceptor(
                                        "interruption",
                                        new Interceptor() {
                                            @Override
                                            public void before(
                                                    BasicBuilder builder,
                                                    HttpRequest request,
                                                    RequestTags tags) {
                                                if (request.method().equals(method)
                                                        && once.compareAndSet(false, true)) {
                                                    change.run();
                                                }
                                            }
                                        }))
                        .build();
        return new KubeRegistry(interrupted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE"})
    void aStatusWrittenInBetweenIsNoConflict(String method) {
        Document<LunariaVolume> first = registry().create(VOLUME, "pvc-1", volume(4096));
        try (var interrupted = interruptedBy(method, () -> writeStatus(VOLUME, "pvc-1", "Ready"))) {
            change(interrupted, method, first);
        }

        assertThat(registry().get(VOLUME, "pvc-1").map(now -> now.spec().deleting()))
                .isEqualTo(method.equals("PUT") ? Optional.of(true) : Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE"})
    void aSpecChangedInBetweenIsOne(String method) {
        Document<LunariaVolume> first = registry().create(VOLUME, "pvc-1", volume(4096));
        try (var interrupted =
                interruptedBy(method, () -> another().replace(VOLUME, first, volume(8192)))) {
            assertReason(
                    RegistryException.Reason.CONFLICT, () -> change(interrupted, method, first));
        }

        assertThat(registry().get(VOLUME, "pvc-1").orElseThrow().spec().sizeBytes())
                .isEqualTo(8192);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE"})
    void anotherOfTheSameNameInBetweenIsLeftAlone(String method) {
        Document<LunariaVolume> first = registry().create(VOLUME, "pvc-1", volume(4096));
        try (var interrupted =
                interruptedBy(
                        method,
                        () -> {
                            another().delete(VOLUME, first);
                            var _ = another().create(VOLUME, "pvc-1", first.spec());
                        })) {
            assertReason(
                    RegistryException.Reason.CONFLICT, () -> change(interrupted, method, first));
        }

        assertThat(registry().get(VOLUME, "pvc-1").orElseThrow().spec().deleting()).isFalse();
    }

    private static void change(
            KubeRegistry registry, String method, Document<LunariaVolume> document) {
        if (method.equals("PUT")) {
            var _ = registry.replace(VOLUME, document, document.spec().markedDeleting());
        } else {
            registry.delete(VOLUME, document);
        }
    }

    private static final String TARGET =
            """
            apiVersion: lunaria.dev/v1alpha1
            kind: StorageTarget
            metadata:
              name: box
            spec:
              pool: 1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11
              endpoint: unix:/run/lunaria/target/admin.sock
              portals: ["127.0.0.1:3260"]
              overcommitPercent: 150
            """;

    /** What a person may get wrong is refused when it is applied, not found out later. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unix:/run/lunaria/target/admin.sock | nowhere | spec.endpoint",
                ":3260 | '' | spec.portals",
                "[\"127.0.0.1:3260\"] | [] | spec.portals",
                "1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11 | x | spec.pool",
                "150 | 0 | spec.overcommitPercent",
                "150 | many | spec.overcommitPercent",
                "overcommitPercent: 150 | color: red | spec.color",
                "endpoint: unix:/run/lunaria/target/admin.sock | cordoned: true | spec.endpoint",
            })
    void theSchemaRefusesWhatTheRegistryWouldNotUnderstand(String from, String to, String field) {
        String document = TARGET.replace(from, to);
        assertThat(document).isNotEqualTo(TARGET);

        assertThatThrownBy(() -> apply(document))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining(field);
        apply(TARGET);
        assertThat(registry().get(Kind.STORAGE_TARGET, "box")).isPresent();
    }

    private void apply(String document) {
        var _ =
                client.load(new ByteArrayInputStream(document.getBytes(UTF_8)))
                        .fieldValidation(FieldValidateable.Validation.STRICT)
                        .create();
    }

    @Test
    void withoutTheKindsItSaysWhatToInstall() {
        Kind<LunariaVolume> unknown =
                new Kind<>("LunariaThing", "lunariathings", LunariaVolume.class);

        for (ThrowingCallable call :
                List.<ThrowingCallable>of(
                        () -> registry().list(unknown),
                        () -> registry().get(unknown, "a"),
                        () -> registry().create(unknown, "a", volume(4096)),
                        () -> registry().watch(unknown, change -> {}))) {
            assertThatThrownBy(call)
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("lunariathings.lunaria.dev")
                    .hasMessageContaining("charts/lunaria/crds");
        }
    }

    @Test
    void whoHasNoRightsHearsWhichOneIsMissing() {
        var stranger = new KubernetesClientBuilder().withConfig(server.strangerConfig()).build();
        try (stranger;
                var registry = new KubeRegistry(stranger)) {
            assertThatThrownBy(() -> registry.list(VOLUME))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("may not list lunariavolumes.lunaria.dev")
                    .hasMessageContaining("ClusterRole");
            assertReason(
                    RegistryException.Reason.UNAVAILABLE,
                    () -> registry.create(VOLUME, "a", volume(4096)));
        }
    }

    @AfterAll
    void closeClient() {
        client.close();
    }
}
