package dev.lunaria.e2e.deaths;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/** Tells of the orchestrator's own calls: before each is made, and before its answer is seen. */
final class CallSteps implements ClientInterceptor {
    private final Steps steps;

    CallSteps(Steps steps) {
        this.steps = steps;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
            MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        String name = String.valueOf(method.getBareMethodName());
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                steps.passing(name + " is called");
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onMessage(A answer) {
                                steps.passing(name + " returns");
                                super.onMessage(answer);
                            }
                        },
                        headers);
            }
        };
    }
}
