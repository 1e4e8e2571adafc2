package dev.lunaria.controller.kube;

import dev.lunaria.registry.Change;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.Subscription;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The watches of a cluster: one informer for each kind that is watched, from the first subscription
 * on. Its state is guarded by its lock.
 */
final class KubeWatches implements AutoCloseable {

    /** The operations on a kind's objects. */
    interface Objects
            extends Function<
                    Kind<?>,
                    NonNamespaceOperation<
                            GenericKubernetesResource,
                            GenericKubernetesResourceList,
                            Resource<GenericKubernetesResource>>> {}

    private final Objects objects;
    private final CustomResources resources;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Kind<?>, WatchedKind<?>> watched = new HashMap<>();
    private boolean closed;

    KubeWatches(Objects objects, CustomResources resources) {
        this.objects = objects;
        this.resources = resources;
    }

    /** Tells what there is on the calling thread, then changes on a thread of the informer's. */
    <S extends Spec> Subscription subscribe(Kind<S> kind, Consumer<Change<S>> listener) {
        return watched(kind).subscribe(listener);
    }

    @SuppressWarnings("unchecked") // The map's values are of their keys' kind.
    private <S extends Spec> WatchedKind<S> watched(Kind<S> kind) {
        lock.lock();
        try {
            if (closed) {
                throw new RegistryException(
                        RegistryException.Reason.UNAVAILABLE,
                        "the controller is being stopped; watch again");
            }
            WatchedKind<?> found = watched.get(kind);
            if (found == null) {
                found = WatchedKind.start(kind, objects.apply(kind), resources);
                watched.put(kind, found);
            }
            return (WatchedKind<S>) found;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            watched.values().forEach(WatchedKind::close);
            watched.clear();
        } finally {
            lock.unlock();
        }
    }
}
