package dev.lunaria.service.net;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** Chooses the executor of a call by its service; null means the server's own. Immutable. */
final class ExecutorOfService implements ServerCallExecutorSupplier {
    private final Map<String, ExecutorService> byService;

    ExecutorOfService(Map<String, ExecutorService> byService) {
        this.byService = Map.copyOf(byService);
    }

    @Override
    public <Q, A> @Nullable Executor getExecutor(ServerCall<Q, A> call, Metadata metadata) {
        String service = call.getMethodDescriptor().getServiceName();
        return service == null ? null : byService.get(service);
    }
}
