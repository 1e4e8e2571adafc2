package dev.lunaria.controller.csi;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.net.ErrorMap;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** The one map from failures to gRPC codes, for CSI and for the registry's service. No state. */
public final class CsiErrors implements ErrorMap {

    @Override
    public @Nullable Status status(RuntimeException error) {
        return switch (error) {
            case Failure failure -> code(failure.reason()).withDescription(failure.getMessage());
            case RegistryException failure ->
                    code(failure.reason()).withDescription(failure.getMessage());
            default -> null;
        };
    }

    private static Status code(Failure.Reason reason) {
        return switch (reason) {
            case INVALID -> Status.INVALID_ARGUMENT;
            case OUT_OF_RANGE -> Status.OUT_OF_RANGE;
            case NOT_FOUND -> Status.NOT_FOUND;
            case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
            case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
            case IN_USE -> Status.FAILED_PRECONDITION;
            case FORBIDDEN -> Status.PERMISSION_DENIED;
            case BUSY -> Status.ABORTED;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case TIMED_OUT -> Status.DEADLINE_EXCEEDED;
            case FAULT -> Status.INTERNAL;
        };
    }

    /**
     * What the domain expects of the registry it handles; the rest is another's haste, or the
     * registry's trouble.
     */
    private static Status code(RegistryException.Reason reason) {
        return switch (reason) {
            case ALREADY_EXISTS, CONFLICT, NOT_FOUND -> Status.ABORTED;
            case UNREADABLE, UNAVAILABLE -> Status.UNAVAILABLE;
        };
    }
}
