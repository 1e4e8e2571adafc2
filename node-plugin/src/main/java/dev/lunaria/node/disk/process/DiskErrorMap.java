package dev.lunaria.node.disk.process;

import dev.lunaria.service.net.ErrorMap;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** The service's one map from failures to gRPC statuses. Stateless. */
final class DiskErrorMap implements ErrorMap {
    @Override
    public @Nullable Status status(RuntimeException error) {
        if (!(error instanceof DiskFailure failure)) {
            return null;
        }
        Status status =
                switch (failure.kind()) {
                    case INVALID -> Status.INVALID_ARGUMENT;
                    case NOT_ATTACHED -> Status.NOT_FOUND;
                    case REFUSED -> Status.PERMISSION_DENIED;
                    case PRECONDITION -> Status.FAILED_PRECONDITION;
                    case CHANGED -> Status.ABORTED;
                    case UNAVAILABLE -> Status.UNAVAILABLE;
                    case TOO_LONG -> Status.DEADLINE_EXCEEDED;
                    case TOO_MANY -> Status.RESOURCE_EXHAUSTED;
                    case BROKEN -> Status.INTERNAL;
                };
        return status.withDescription(failure.getMessage()).withCause(failure);
    }
}
