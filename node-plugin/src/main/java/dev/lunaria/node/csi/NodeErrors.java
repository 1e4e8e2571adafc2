package dev.lunaria.node.csi;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.service.net.ErrorMap;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** The node plugin's one map from failures to the statuses of the CSI specification. Stateless. */
public final class NodeErrors implements ErrorMap {
    private static final int MAX_DESCRIPTION = 2000;

    @Override
    public @Nullable Status status(RuntimeException error) {
        return error instanceof NodeFailure failure
                ? status(failure).withDescription(description(failure)).withCause(failure)
                : null;
    }

    /** gRPC sends it among headers, which have 8 KiB together, percent-encoded. */
    private static String description(NodeFailure failure) {
        String message = String.valueOf(failure.getMessage());
        return message.length() <= MAX_DESCRIPTION
                ? message
                : message.substring(0, MAX_DESCRIPTION) + "…";
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
