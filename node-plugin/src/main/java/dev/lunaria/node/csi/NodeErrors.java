package dev.lunaria.node.csi;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.service.net.ErrorMap;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** The node plugin's one map from failures to the statuses of the CSI specification. Stateless. */
public final class NodeErrors implements ErrorMap {
    @Override
    public @Nullable Status status(RuntimeException error) {
        return error instanceof NodeFailure failure
                ? status(failure).withDescription(failure.getMessage()).withCause(failure)
                : null;
    }

    private static Status status(NodeFailure failure) {
        return switch (failure.kind()) {
            case INVALID -> Status.INVALID_ARGUMENT;
            case OUT_OF_RANGE -> Status.OUT_OF_RANGE;
            case NOT_FOUND -> Status.NOT_FOUND;
            case DIFFERENT -> Status.ALREADY_EXISTS;
            case BUSY -> Status.ABORTED;
            case PRECONDITION -> Status.FAILED_PRECONDITION;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case TIMED_OUT -> Status.DEADLINE_EXCEEDED;
            case BROKEN -> Status.INTERNAL;
        };
    }
}
