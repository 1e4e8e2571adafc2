package dev.lunaria.controller.target;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Calls to one target server about one pool. Used by any thread. Every call has a deadline: the one
 * below for its kind, or the caller's own where that is nearer.
 *
 * <p>A server that started on an empty folder knows nothing of the pool: before absence is taken
 * for deleted or fenced, it is asked whether it serves the pool at all.
 */
final class TargetCalls {

    /**
     * For what only reads. Reads wait in the same queue as changes, behind those of many claims at
     * once: on a slow disk for seconds. Two reads and a change fit into the minute of a sidecar's
     * call.
     */
    static final Duration READ_DEADLINE = Duration.ofSeconds(15);

    /** For what makes and removes: the target syncs a folder or two, and unlinks a large file. */
    static final Duration CHANGE_DEADLINE = Duration.ofSeconds(20);

    /** For a fence, which waits until what a node had sent is drained. */
    static final Duration FENCE_DEADLINE = Duration.ofSeconds(60);

    private final UUID pool;
    private final ManagedChannel channel;
    private final TargetErrors errors;

    TargetCalls(UUID pool, String endpoint, ManagedChannel channel) {
        this.pool = pool;
        this.channel = channel;
        this.errors = new TargetErrors(pool, endpoint);
    }

    ManagedChannel channel() {
        return channel;
    }

    /** The pool as the server has it; {@code UNAVAILABLE} where it doesn't serve it. */
    Pool servedPool() {
        var request = GetPoolRequest.newBuilder().setPool(pool.toString()).build();
        try {
            return call(() ->
                    within(READ_DEADLINE, PoolsGrpc.newBlockingStub(channel)).getPool(request));
        } catch (Failure failure) {
            throw failure.reason() == Failure.Reason.NOT_FOUND
                    ? errors.poolNotServed(failure)
                    : failure;
        }
    }

    /** What a refused list means: a token that isn't one, or a pool that isn't served. */
    Failure listFailure(Failure failure) {
        return switch (failure.reason()) {
            case INVALID ->
                    new Failure(
                            Failure.Reason.BUSY,
                            "starting_token is of no use any more; list again from the beginning",
                            failure);
            case NOT_FOUND -> errors.poolNotServed(failure);
            default -> failure;
        };
    }

    static <S extends AbstractStub<S>> S within(Duration deadline, S stub) {
        return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    <T> T call(Supplier<T> rpc) {
        reconnect();
        try {
            return rpc.get();
        } catch (StatusRuntimeException e) {
            throw errors.failure(e);
        }
    }

    /**
     * A server that has come back is found at once: left alone, a channel that failed to connect
     * goes on failing calls until it tries again by itself, seconds or minutes later. Made idle, it
     * connects anew for this call, which fails only when that does.
     */
    private void reconnect() {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.enterIdle();
        }
    }
}
