package dev.lunaria.controller.target;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.FAULT;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.OUT_OF_RANGE;
import static dev.lunaria.controller.volume.Failure.Reason.TIMED_OUT;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.service.net.Answered;
import io.grpc.StatusRuntimeException;
import java.util.UUID;

/** The one map from a target server's gRPC codes to failures. Immutable. */
final class TargetErrors {

    private final UUID pool;
    private final String endpoint;

    TargetErrors(UUID pool, String endpoint) {
        this.pool = pool;
        this.endpoint = endpoint;
    }

    Failure failure(StatusRuntimeException e) {
        String said =
                e.getStatus().getDescription() == null
                        ? e.getStatus().getCode().toString()
                        : e.getStatus().getDescription();
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE ->
                    new Failure(
                            UNAVAILABLE,
                            (Answered.byServer(e)
                                            ? "the target server of pool %s at %s can't do it now: %s"
                                            : "the target server of pool %s at %s doesn't answer (%s); see that it runs. If it is gone for good, set retired: true in its StorageTarget")
                                    .formatted(pool, endpoint, said),
                            e);
            case DEADLINE_EXCEEDED, CANCELLED ->
                    new Failure(
                            TIMED_OUT,
                            (Answered.byServer(e)
                                            ? "the target server of pool %s at %s isn't finished: %s; repeat"
                                            : "the target server of pool %s at %s didn't answer in time (%s); look at the load of its disks, then repeat")
                                    .formatted(pool, endpoint, said),
                            e);
            case PERMISSION_DENIED, UNAUTHENTICATED ->
                    new Failure(
                            UNAVAILABLE,
                            "the target server of pool %s at %s refuses this controller (%s); look at its certificate"
                                    .formatted(pool, endpoint, said),
                            e);
            case NOT_FOUND -> new Failure(NOT_FOUND, said, e);
            case ALREADY_EXISTS -> new Failure(ALREADY_EXISTS, said, e);
            case RESOURCE_EXHAUSTED -> new Failure(EXHAUSTED, said, e);
            case FAILED_PRECONDITION -> new Failure(IN_USE, said, e);
            case ABORTED -> new Failure(BUSY, said, e);
            case INVALID_ARGUMENT -> new Failure(INVALID, said, e);
            case OUT_OF_RANGE -> new Failure(OUT_OF_RANGE, said, e);
            case UNIMPLEMENTED ->
                    new Failure(
                            UNAVAILABLE,
                            "the target server of pool %s at %s is older than this controller and can't do this (%s); upgrade it"
                                    .formatted(pool, endpoint, said),
                            e);
            case OK, UNKNOWN, INTERNAL, DATA_LOSS ->
                    new Failure(
                            FAULT,
                            "the target server of pool %s at %s failed: %s; its log has more"
                                    .formatted(pool, endpoint, said),
                            e);
        };
    }

    Failure poolNotServed(Failure cause) {
        return new Failure(
                UNAVAILABLE,
                "the server at %s doesn't serve pool %s: it may have moved or lost its disk; correct the StorageTarget's endpoint, or mark it retired if the pool is gone for good"
                        .formatted(endpoint, pool),
                cause);
    }
}
