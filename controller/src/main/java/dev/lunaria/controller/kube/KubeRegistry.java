package dev.lunaria.controller.kube;

import static dev.lunaria.registry.RegistryException.Reason.ALREADY_EXISTS;
import static dev.lunaria.registry.RegistryException.Reason.CONFLICT;
import static dev.lunaria.registry.RegistryException.Reason.NOT_FOUND;
import static dev.lunaria.registry.RegistryException.Reason.UNAVAILABLE;

import dev.lunaria.registry.Change;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.Subscription;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.ResourceNotFoundException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The registry as custom resources, cluster-wide. Used by any thread, and by several controllers at
 * once; keeps nothing but running watches. Holds as much as the cluster does.
 *
 * <p>Reads ask the API server each time: a placement that a cache doesn't show yet would give one
 * name two LUNs. Only {@link #watch} goes by informers. A document's version is its object's uid
 * and generation, so that a status written meanwhile is no conflict.
 */
public final class KubeRegistry implements Registry {

    /** Of so many objects at a time a list is made of. */
    static final int PAGE = 500;

    /** So often a change is tried again, when what changed in between wasn't the document. */
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final CustomResources resources = new CustomResources();
    private final KubeWatches watches;

    KubeRegistry(KubernetesClient client) {
        this.client = client;
        this.watches = new KubeWatches(this::objects, resources);
    }

    @Override
    public <S extends Spec> List<Document<S>> list(Kind<S> kind) {
        var documents = new ArrayList<Document<S>>();
        String next = null;
        do {
            GenericKubernetesResourceList page = page(kind, next, PAGE);
            page.getItems().forEach(object -> documents.add(resources.document(kind, object)));
            next = page.getMetadata() == null ? null : page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
        documents.sort(Comparator.comparing(Document::name));
        return documents;
    }

    private GenericKubernetesResourceList page(Kind<?> kind, @Nullable String from, int limit) {
        try {
            return objects(kind)
                    .list(
                            new ListOptionsBuilder()
                                    .withLimit((long) limit)
                                    .withContinue(from)
                                    .build());
        } catch (KubernetesClientException e) {
            throw KubeErrors.unavailable("list", kind, e);
        }
    }

    @Override
    public <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name) {
        return find(kind, name).map(object -> resources.document(kind, object));
    }

    private Optional<GenericKubernetesResource> find(Kind<?> kind, String name) {
        try {
            return Optional.of(object(kind, name).require());
        } catch (ResourceNotFoundException e) {
            if (e.getCause() instanceof KubernetesClientException answer
                    && !KubeErrors.isNotFound(answer)) {
                throw KubeErrors.unavailable("get", kind, answer);
            }
            // The same answer comes where nobody knows the kind; then there is no list either.
            var _ = page(kind, null, 1);
            return Optional.empty();
        } catch (KubernetesClientException e) {
            throw KubeErrors.unavailable("get", kind, e);
        }
    }

    @Override
    public <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec) {
        try {
            GenericKubernetesResource created =
                    objects(kind)
                            .resource(resources.object(kind, name, spec))
                            .fieldValidation(FieldValidateable.Validation.STRICT)
                            .create();
            return resources.document(kind, created);
        } catch (KubernetesClientException e) {
            if (KubeErrors.isConflict(e)) {
                throw new RegistryException(
                        ALREADY_EXISTS, "there is a " + kind + " \"" + name + "\" already", e);
            }
            throw KubeErrors.unavailable("create", kind, e);
        }
    }

    @Override
    public <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec) {
        GenericKubernetesResource replaced =
                changed(
                                "update",
                                kind,
                                current,
                                object -> {
                                    resources.setSpec(object, current.name(), spec);
                                    return objects(kind)
                                            .resource(object)
                                            .fieldValidation(FieldValidateable.Validation.STRICT)
                                            .update();
                                })
                        .orElseThrow(() ->
                                new RegistryException(
                                        NOT_FOUND,
                                        "there is no " + kind + " \"" + current.name() + "\""));
        return resources.document(kind, replaced);
    }

    @Override
    public <S extends Spec> void delete(Kind<S> kind, Document<S> current) {
        var _ =
                changed(
                        "delete",
                        kind,
                        current,
                        object -> {
                            String version = object.getMetadata().getResourceVersion();
                            object(kind, current.name()).lockResourceVersion(version).delete();
                            return object;
                        });
    }

    /**
     * Changes the object that is there, if it is still the one given: by the resourceVersion that
     * it has now. Empty where it is gone.
     */
    private Optional<GenericKubernetesResource> changed(
            String verb,
            Kind<?> kind,
            Document<?> current,
            UnaryOperator<GenericKubernetesResource> change) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<GenericKubernetesResource> found = find(kind, current.name());
            if (found.isEmpty()) {
                return found;
            }
            if (!CustomResources.version(found.get()).equals(current.resourceVersion())) {
                throw new RegistryException(
                        CONFLICT,
                        kind + " \"" + current.name() + "\" was changed meanwhile; read it again");
            }
            try {
                return Optional.of(change.apply(found.get()));
            } catch (KubernetesClientException e) {
                if (!KubeErrors.isConflict(e) && !KubeErrors.isNotFound(e)) {
                    throw KubeErrors.unavailable(verb, kind, e);
                }
            }
        }
        throw new RegistryException(
                UNAVAILABLE,
                "the status of %s \"%s\" is written again and again; try again"
                        .formatted(kind, current.name()));
    }

    private NonNamespaceOperation<
                    GenericKubernetesResource,
                    GenericKubernetesResourceList,
                    Resource<GenericKubernetesResource>>
            objects(Kind<?> kind) {
        return client.genericKubernetesResources(CustomResources.context(kind));
    }

    private Resource<GenericKubernetesResource> object(Kind<?> kind, String name) {
        return objects(kind).withName(ObjectNames.of(name));
    }

    @Override
    public <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener) {
        return watches.subscribe(kind, listener);
    }

    @Override
    public void close() {
        watches.close();
    }
}
