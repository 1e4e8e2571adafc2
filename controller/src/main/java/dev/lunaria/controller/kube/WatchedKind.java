package dev.lunaria.controller.kube;

import dev.lunaria.registry.Change;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.Subscription;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects of one kind as its informer has them, told as documents. Its state is guarded by its
 * lock; the informer's threads bring changes. Keeps all documents of the kind in memory.
 *
 * <p>An event only makes it look: what is told is what the informer has at that moment, so several
 * changes may be told as one, and one that changes nothing of the document isn't told. A document
 * that can't be understood stays as it was last understood, and is logged once.
 */
final class WatchedKind<S extends Spec> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(WatchedKind.class);

    private final Kind<S> kind;
    private final SharedIndexInformer<GenericKubernetesResource> informer;
    private final CustomResources resources;
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<String, Document<S>> told = new TreeMap<>();
    private final Set<String> unreadable = new HashSet<>();
    private final List<Consumer<Change<S>>> listeners = new CopyOnWriteArrayList<>();

    private WatchedKind(
            Kind<S> kind,
            SharedIndexInformer<GenericKubernetesResource> informer,
            CustomResources resources) {
        this.kind = kind;
        this.informer = informer;
        this.resources = resources;
    }

    /**
     * Lists the kind's objects and begins to watch them; from then on it goes on trying by itself,
     * whatever happens to the API server. {@code UNAVAILABLE} where the list can't be had.
     */
    static <S extends Spec> WatchedKind<S> start(
            Kind<S> kind,
            NonNamespaceOperation<
                            GenericKubernetesResource,
                            GenericKubernetesResourceList,
                            Resource<GenericKubernetesResource>>
                    objects,
            CustomResources resources) {
        var informer = objects.withLimit((long) KubeRegistry.PAGE).runnableInformer(0);
        var watched = new WatchedKind<>(kind, informer, resources);
        informer.addEventHandler(watched.new Events());
        informer.exceptionHandler(watched::goOn);
        try {
            informer.run();
        } catch (KubernetesClientException e) {
            informer.stop();
            throw KubeErrors.unavailable("watch", kind, e);
        }
        return watched;
    }

    private boolean goOn(boolean started, Throwable failure) {
        if (started) {
            log.atWarn()
                    .addKeyValue("kind", kind)
                    .addKeyValue("error", failure.toString())
                    .log("The watch was interrupted; it begins anew by itself");
        }
        return started;
    }

    /** What there is now, on the calling thread; what changes later, on the informer's. */
    Subscription subscribe(Consumer<Change<S>> listener) {
        lock.lock();
        try {
            lookAtAll();
            told.values().forEach(document -> listener.accept(new Change.Put<>(document)));
            listener.accept(new Change.Synced<>());
            listeners.add(listener);
            return () -> listeners.remove(listener);
        } finally {
            lock.unlock();
        }
    }

    private void lookAtAll() {
        List<GenericKubernetesResource> objects = informer.getStore().list();
        objects.forEach(this::lookAt);
        Set<String> present =
                objects.stream()
                        .map(object -> object.getMetadata().getName())
                        .collect(Collectors.toSet());
        List.copyOf(told.keySet()).stream()
                .filter(name -> !present.contains(name))
                .forEach(this::forget);
    }

    private void lookAgain(GenericKubernetesResource changed) {
        lock.lock();
        try {
            String name = changed.getMetadata().getName();
            @Nullable GenericKubernetesResource now = informer.getStore().getByKey(name);
            if (now == null) {
                forget(name);
            } else {
                lookAt(now);
            }
        } finally {
            lock.unlock();
        }
    }

    private void lookAt(GenericKubernetesResource object) {
        String name = object.getMetadata().getName();
        Document<S> before = told.get(name);
        if (before != null && before.resourceVersion().equals(CustomResources.version(object))) {
            return;
        }
        try {
            Document<S> document = resources.document(kind, object);
            unreadable.remove(name);
            told.put(name, document);
            tell(new Change.Put<>(document));
        } catch (RegistryException e) {
            if (unreadable.add(name)) {
                log.atWarn()
                        .addKeyValue("kind", kind)
                        .addKeyValue("name", name)
                        .addKeyValue("error", e.getMessage())
                        .log("A document can't be read; its last readable form stays in force");
            }
        }
    }

    private void forget(String name) {
        unreadable.remove(name);
        Document<S> gone = told.remove(name);
        if (gone != null) {
            tell(new Change.Removed<>(gone.name()));
        }
    }

    private void tell(Change<S> change) {
        listeners.forEach(listener -> listener.accept(change));
    }

    @Override
    public void close() {
        informer.stop();
        listeners.clear();
    }

    private final class Events implements ResourceEventHandler<GenericKubernetesResource> {
        @Override
        public void onAdd(GenericKubernetesResource object) {
            lookAgain(object);
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource object) {
            lookAgain(object);
        }

        @Override
        public void onDelete(GenericKubernetesResource object, boolean unknownFinalState) {
            lookAgain(object);
        }
    }
}
