package dev.lunaria.controller.kube;

import static dev.lunaria.registry.RegistryException.Reason.UNREADABLE;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.SpecFormat;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Documents as objects of Kubernetes and back. Used by any thread; keeps nothing.
 *
 * <p>Objects are generic, so that one that can't be understood fails alone, and not the list or the
 * watch that it comes with.
 */
final class CustomResources {

    /** Where a spec says the document's name, when the object can't have it. */
    static final String NAME = "name";

    private static final String SPEC = "spec";

    private final SpecFormat specs = new SpecFormat();

    static ResourceDefinitionContext context(Kind<?> kind) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(Kind.GROUP)
                .withVersion(Kind.VERSION)
                .withKind(kind.name())
                .withPlural(kind.plural())
                .withNamespaced(false)
                .build();
    }

    <S extends Spec> GenericKubernetesResource object(Kind<S> kind, String name, S spec) {
        GenericKubernetesResource object =
                new GenericKubernetesResourceBuilder()
                        .withApiVersion(Kind.API_VERSION)
                        .withKind(kind.name())
                        .withNewMetadata()
                        .withName(ObjectNames.of(name))
                        .endMetadata()
                        .build();
        setSpec(object, name, spec);
        return object;
    }

    /** Gives an object another spec; what else it has stays. */
    <S extends Spec> void setSpec(GenericKubernetesResource object, String name, S spec) {
        var fields = new LinkedHashMap<String, Object>();
        if (!ObjectNames.standsForItself(name)) {
            fields.put(NAME, name);
        }
        fields.putAll(specs.writeMap(spec));
        object.setAdditionalProperty(SPEC, fields);
    }

    /** The document of an object. {@code UNREADABLE} where it can't be understood. */
    <S extends Spec> Document<S> document(Kind<S> kind, GenericKubernetesResource object) {
        String where = kind + " \"" + object.getMetadata().getName() + "\"";
        if (!(object.getAdditionalProperties().get(SPEC) instanceof Map<?, ?> spec)) {
            throw new RegistryException(UNREADABLE, where + ": spec is missing");
        }
        var fields = new LinkedHashMap<String, Object>();
        spec.forEach((field, value) -> fields.put(String.valueOf(field), value));
        Object name = fields.remove(NAME);
        return new Document<>(
                documentName(object, name, where),
                version(object),
                specs.readMap(kind, fields, where));
    }

    private static String documentName(
            GenericKubernetesResource object, @Nullable Object said, String where) {
        String objectName = object.getMetadata().getName();
        String name = said == null ? objectName : said.toString();
        if (!ObjectNames.of(name).equals(objectName)) {
            throw new RegistryException(
                    UNREADABLE,
                    where
                            + (said == null
                                    ? ": spec.name is missing; delete the object, or give it the volume's name back"
                                    : ": spec.name is \""
                                            + name
                                            + "\", which belongs into the object \""
                                            + ObjectNames.of(name)
                                            + "\""));
        }
        return name;
    }

    /**
     * Which object it is and how often its spec was changed. Not the resourceVersion of Kubernetes:
     * each change of the status is another one, and none of the document's.
     */
    static String version(GenericKubernetesResource object) {
        return object.getMetadata().getUid() + "/" + object.getMetadata().getGeneration();
    }
}
