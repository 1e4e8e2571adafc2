package dev.lunaria.service.net;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Has each call try to connect where the last attempt failed. Called by any thread.
 *
 * <p>By itself gRPC waits up to two minutes between attempts, and calls fail in the meantime
 * although the peer is back: too long where a restart shall be a pause. Callers here repeat at
 * their own pace.
 */
final class Reconnect implements ClientInterceptor {
    private volatile @Nullable ManagedChannel channel;

    /** Tells it the channel that it is part of, once that is built. */
    void of(ManagedChannel built) {
        channel = built;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
            MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        ManagedChannel built = channel;
        if (built != null && built.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            built.resetConnectBackoff();
        }
        return next.newCall(method, options);
    }
}
