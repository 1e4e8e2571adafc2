package dev.lunaria.controller.kube;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.Spec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes statuses that have changed. Owned by one thread. Writes at most {@value #MAX_WRITES} in a
 * round; what is left over comes in the next.
 *
 * @param <S> of what kind
 * @param <T> its status
 */
final class StatusWriter<S extends Spec, T> {

    static final int MAX_WRITES = 300;

    private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);
    private static final String STATUS = "status";

    /** Says what the status of a document is now. */
    interface Finder<S extends Spec, T> {
        /**
         * Empty where nothing was found out: the status stays.
         *
         * @param before what it has been, for the times of its {@link Condition}s
         * @param generation generation of the spec
         */
        Optional<T> find(Document<S> document, Optional<T> before, long generation);
    }

    private final KubernetesClient client;
    private final KubeRegistry registry;
    private final CustomResources resources = new CustomResources();
    private final Kind<S> kind;
    private final Class<T> type;

    StatusWriter(KubernetesClient client, KubeRegistry registry, Kind<S> kind, Class<T> type) {
        this.client = client;
        this.registry = registry;
        this.kind = kind;
        this.type = type;
    }

    /** Looks at all documents of the kind; returns how many statuses were written. */
    int round(Finder<S, T> finder) {
        int[] written = {0};
        registry.forEachObject(
                kind,
                object -> {
                    if (written[0] < MAX_WRITES && write(object, finder)) {
                        written[0]++;
                    }
                });
        return written[0];
    }

    private boolean write(GenericKubernetesResource object, Finder<S, T> finder) {
        Optional<T> before = before(object);
        Optional<T> now = find(object, before, finder);
        if (now.isEmpty() || now.equals(before)) {
            return false;
        }
        object.setAdditionalProperty(
                STATUS, client.getKubernetesSerialization().convertValue(now.get(), Map.class));
        try {
            var _ = registry.objects(kind).resource(object).updateStatus();
            return true;
        } catch (KubernetesClientException e) {
            if (KubeErrors.isConflict(e) || KubeErrors.isNotFound(e)) {
                return false; // It changed just now: the next round sees it.
            }
            throw KubeErrors.unavailable("update the status of", kind, e);
        }
    }

    private Optional<T> find(
            GenericKubernetesResource object, Optional<T> before, Finder<S, T> finder) {
        try {
            return finder.find(
                    resources.document(kind, object), before, object.getMetadata().getGeneration());
        } catch (RegistryException e) {
            log.atDebug().addKeyValue("error", e.getMessage()).log("no status without a document");
            return Optional.empty();
        }
    }

    private Optional<T> before(GenericKubernetesResource object) {
        Object status = object.getAdditionalProperties().get(STATUS);
        if (status == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(client.getKubernetesSerialization().convertValue(status, type));
        } catch (RuntimeException e) { // Somebody else wrote it; it is replaced.
            return Optional.empty();
        }
    }
}
