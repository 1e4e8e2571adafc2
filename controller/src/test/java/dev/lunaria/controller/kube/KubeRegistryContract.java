package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.registry.Change;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryContract;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is particular to custom resources, whichever API server keeps them. */
abstract class KubeRegistryContract extends RegistryContract {

    private KubeRegistry registry;
    private KubeRegistry another;

    /** A client of an API server that knows the kinds and has none of their objects. */
    abstract KubernetesClient client();

    /** Removes what earlier tests left there. */
    abstract void clear();

    @BeforeEach
    final void open() {
        clear();
        registry = new KubeRegistry(client());
        another = new KubeRegistry(client());
    }

    @AfterEach
    final void close() {
        registry.close();
        another.close();
    }

    @Override
    protected final Registry registry() {
        return registry;
    }

    @Override
    protected final Registry another() {
        return another;
    }

    private Resource<GenericKubernetesResource> object(Kind<?> kind, String name) {
        return client().genericKubernetesResources(CustomResources.context(kind)).withName(name);
    }

    final void writeStatus(Kind<?> kind, String name, String phase) {
        object(kind, name)
                .editStatus(object -> {
                    object.setAdditionalProperty("status", Map.of("phase", phase));
                    return object;
                });
    }

    @Test
    void aPersonsYamlIsReadAsFromTheFolder() {
        client().load(
                        new ByteArrayInputStream(
                                """
                                apiVersion: lunaria.dev/v1alpha1
                                kind: StorageTarget
                                metadata:
                                  name: box
                                spec:
                                  pool: 1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11
                                  endpoint: target-0.lunaria:7443
                                  portals: ["127.0.0.1:3260"]
                                """
                                        .getBytes(UTF_8)))
                .create();

        StorageTarget target = registry.get(Kind.STORAGE_TARGET, "box").orElseThrow().spec();
        assertThat(target.portals()).containsExactly("127.0.0.1:3260");
        assertThat(target.overcommitPercent()).isEqualTo(StorageTarget.DEFAULT_OVERCOMMIT_PERCENT);
        assertThat(target.cordoned()).isFalse();
    }

    @Test
    void aNameThatIsNoObjectsNameStandsInTheSpec() {
        registry.create(VOLUME, "Data/1", volume(4096));

        GenericKubernetesResource object = object(VOLUME, ObjectNames.of("Data/1")).get();
        assertThat(object.<String>get("spec", "name")).isEqualTo("Data/1");
        registry.create(VOLUME, "pvc-1", volume(4096));
        assertThat(object(VOLUME, "pvc-1").get().<Object>get("spec", "name")).isNull();
    }

    @Test
    void anObjectUnderAnothersNameIsRefused() {
        var resources = new CustomResources();
        GenericKubernetesResource object = resources.object(VOLUME, "pvc-1", volume(4096));
        object.<Map<String, Object>>get("spec").put("name", "pvc-2");
        client().resource(object).create();

        assertThatThrownBy(() -> registry.get(VOLUME, "pvc-1"))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("pvc-1")
                .hasMessageContaining("belongs into the object \"pvc-2\"");
    }

    @Test
    void whatOthersPutIntoTheObjectStays() {
        Document<LunariaVolume> first = registry.create(VOLUME, "pvc-1", volume(4096));
        object(VOLUME, "pvc-1")
                .edit(object -> {
                    object.getMetadata().setLabels(Map.of("team", "a"));
                    object.getMetadata().setAnnotations(Map.of("note", "b"));
                    return object;
                });

        registry.replace(VOLUME, first, volume(8192));
        GenericKubernetesResource object = object(VOLUME, "pvc-1").get();
        assertThat(object.getMetadata().getLabels()).containsEntry("team", "a");
        assertThat(object.getMetadata().getAnnotations()).containsEntry("note", "b");
    }

    @Test
    void aStatusIsNoChangeOfTheDocument() throws Exception {
        Document<LunariaVolume> first = registry.create(VOLUME, "pvc-1", volume(4096));
        var changes = new LinkedBlockingQueue<Change<LunariaVolume>>();
        try (var _ = registry.watch(VOLUME, changes::add)) {
            assertThat(next(changes)).isEqualTo(new Change.Put<>(first));
            assertThat(next(changes)).isEqualTo(new Change.Synced<LunariaVolume>());

            writeStatus(VOLUME, "pvc-1", "Ready");
            assertThat(registry.get(VOLUME, "pvc-1")).contains(first);
            var second = registry.replace(VOLUME, first, volume(8192));
            assertThat(next(changes)).isEqualTo(new Change.Put<>(second));
            assertThat(object(VOLUME, "pvc-1").get().<String>get("status", "phase"))
                    .isEqualTo("Ready");
            writeStatus(VOLUME, "pvc-1", "Deleting");
            another().delete(VOLUME, second);
            assertThat(next(changes)).isEqualTo(new Change.Removed<LunariaVolume>("pvc-1"));
        }
    }

    @Test
    void oneOfTheSameNameIsAnotherDocument() {
        Document<LunariaVolume> first = registry.create(VOLUME, "pvc-1", volume(4096));
        registry.delete(VOLUME, first);
        registry.create(VOLUME, "pvc-1", first.spec());

        assertReason(
                RegistryException.Reason.CONFLICT,
                () -> registry.replace(VOLUME, first, volume(8192)));
        assertReason(RegistryException.Reason.CONFLICT, () -> registry.delete(VOLUME, first));
    }

    @Test
    void aLongListComesWhole() {
        int many = KubeRegistry.PAGE + 20;
        for (int i = 0; i < many; i++) {
            registry.create(VOLUME, "pvc-" + i, volume(4096));
        }

        assertThat(registry.list(VOLUME)).hasSize(many);
    }

    @Test
    void severalWatchersOfOneKindShareWhatIsKnown() throws Exception {
        Document<LunariaVolume> first = registry.create(VOLUME, "pvc-1", volume(4096));
        var early = new LinkedBlockingQueue<Change<LunariaVolume>>();
        var late = new LinkedBlockingQueue<Change<LunariaVolume>>();
        try (var _ = registry.watch(VOLUME, early::add)) {
            var second = another().create(VOLUME, "pvc-2", volume(4096));
            assertThat(List.of(next(early), next(early), next(early)))
                    .containsExactly(
                            new Change.Put<>(first),
                            new Change.Synced<>(),
                            new Change.Put<>(second));
            try (var _ = registry.watch(VOLUME, late::add)) {
                assertThat(List.of(next(late), next(late), next(late)))
                        .containsExactly(
                                new Change.Put<>(first),
                                new Change.Put<>(second),
                                new Change.Synced<>());
            }
        }
    }
}
