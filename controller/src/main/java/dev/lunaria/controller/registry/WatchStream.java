package dev.lunaria.controller.registry;

import dev.lunaria.proto.registry.v1.WatchResponse;
import dev.lunaria.registry.Change;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.registry.Subscription;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One node plugin's watch. Guarded by its lock: the registry tells changes on its thread, gRPC on
 * others when the caller can take more. Holds at most {@value #MAX_WAITING} changes for a caller
 * who doesn't read; then it hangs up, and the caller begins anew.
 */
final class WatchStream {

    static final int MAX_WAITING = 10_000;

    private final ServerCallStreamObserver<WatchResponse> caller;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<WatchResponse> waiting = new ArrayDeque<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Map<String, String> poolOfTarget = new HashMap<>();
    private boolean ended;

    WatchStream(ServerCallStreamObserver<WatchResponse> caller) {
        this.caller = caller;
    }

    /** Begins to tell. A failure of the registry's ends the watch and is the caller's. */
    void start(Registry registry) {
        caller.setOnReadyHandler(this::send);
        caller.setOnCancelHandler(this::end);
        try {
            keep(registry.watch(Kind.LUNARIA_NODE, this::onNode));
            keep(registry.watch(Kind.STORAGE_TARGET, this::onTarget));
        } catch (RuntimeException e) {
            end();
            throw e;
        }
        tell(WatchResponse.newBuilder().setSynced(true));
    }

    private void keep(Subscription subscription) {
        lock.lock();
        try {
            subscriptions.add(subscription);
            if (ended) {
                subscription.close();
            }
        } finally {
            lock.unlock();
        }
    }

    private void onNode(Change<LunariaNode> change) {
        switch (change) {
            case Change.Put<LunariaNode> put ->
                    tell(WatchResponse.newBuilder().setNode(RegistryMessages.node(put.document())));
            case Change.Removed<LunariaNode> removed ->
                    tell(WatchResponse.newBuilder().setNodeRemoved(removed.name()));
            case Change.Synced<LunariaNode> _ -> {}
        }
    }

    /**
     * Documents have names, node plugins know pools: a document that names another pool removes the
     * first.
     */
    private void onTarget(Change<StorageTarget> change) {
        switch (change) {
            case Change.Put<StorageTarget> put -> {
                String pool = put.document().spec().pool().toString();
                String before = remember(put.document().name(), pool);
                if (!before.equals(pool)) {
                    tell(WatchResponse.newBuilder().setTargetRemoved(before));
                }
                tell(
                        WatchResponse.newBuilder()
                                .setTarget(RegistryMessages.target(put.document().spec())));
            }
            case Change.Removed<StorageTarget> removed -> {
                String pool = forget(removed.name());
                tell(WatchResponse.newBuilder().setTargetRemoved(pool));
            }
            case Change.Synced<StorageTarget> _ -> {}
        }
    }

    /** Returns the pool that the document named before, or the one given where it is new. */
    private String remember(String document, String pool) {
        lock.lock();
        try {
            String before = poolOfTarget.put(document, pool);
            return before == null ? pool : before;
        } finally {
            lock.unlock();
        }
    }

    private String forget(String document) {
        lock.lock();
        try {
            String pool = poolOfTarget.remove(document);
            return pool == null ? "" : pool;
        } finally {
            lock.unlock();
        }
    }

    private void tell(WatchResponse.Builder change) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            if (waiting.size() >= MAX_WAITING) {
                end();
                caller.onError(
                        Status.RESOURCE_EXHAUSTED
                                .withDescription("the caller doesn't read its watch; watch again")
                                .asRuntimeException());
                return;
            }
            waiting.add(change.build());
        } finally {
            lock.unlock();
        }
        send();
    }

    private void send() {
        lock.lock();
        try {
            while (!ended && caller.isReady() && !waiting.isEmpty()) {
                caller.onNext(waiting.remove());
            }
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            waiting.clear();
            subscriptions.forEach(Subscription::close);
        } finally {
            lock.unlock();
        }
    }
}
