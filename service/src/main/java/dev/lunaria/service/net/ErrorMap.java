package dev.lunaria.service.net;

import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A service's one map from what its domain throws to gRPC statuses. Called by any thread. */
@FunctionalInterface
public interface ErrorMap {
    /** Knows no exception: everything is INTERNAL, and logged with its stack trace. */
    ErrorMap NONE = error -> null;

    /**
     * The status for an exception, with a message that says what to do; null for one that nobody
     * expected.
     */
    @Nullable Status status(RuntimeException error);
}
