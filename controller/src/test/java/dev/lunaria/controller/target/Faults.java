package dev.lunaria.controller.target;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Harm done to calls, by their method's name ("CreateLun"). Used by any thread. */
public final class Faults implements ServerInterceptor {

    /** What happens to a call. */
    private sealed interface Fault {
        /** Refused before anything is done. */
        record Before(Status status) implements Fault {}

        /** Done, but the answer is lost. */
        record After(Status status) implements Fault {}

        /** Tells that it arrived, and is done only when it is let go. */
        record Held(CountDownLatch arrived, CountDownLatch released) implements Fault {}
    }

    /** A call that is held. */
    public record Hold(CountDownLatch arrived, CountDownLatch released) {}

    private final Map<String, Fault> next = new ConcurrentHashMap<>();

    /** The next call of the method is refused. */
    public void failBefore(String method, Status status) {
        next.put(method, new Fault.Before(status));
    }

    /** The next call of the method is carried out and answered with the status all the same. */
    public void failAfter(String method, Status status) {
        next.put(method, new Fault.After(status));
    }

    /** The next call of the method waits. */
    public Hold hold(String method) {
        var hold = new Hold(new CountDownLatch(1), new CountDownLatch(1));
        next.put(method, new Fault.Held(hold.arrived(), hold.released()));
        return hold;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> handler) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        return switch (Optional.ofNullable(next.remove(method)).orElse(null)) {
            case null -> handler.startCall(call, headers);
            case Fault.Before before -> {
                call.close(before.status(), new Metadata());
                yield new ServerCall.Listener<>() {};
            }
            case Fault.After after -> handler.startCall(new Lost<>(call, after.status()), headers);
            case Fault.Held held ->
                    new SimpleForwardingServerCallListener<>(handler.startCall(call, headers)) {
                        @Override
                        public void onHalfClose() {
                            held.arrived().countDown();
                            try {
                                held.released().await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            super.onHalfClose();
                        }
                    };
        };
    }

    private static final class Lost<Q, A> extends SimpleForwardingServerCall<Q, A> {

        private final Status status;

        Lost(ServerCall<Q, A> call, Status status) {
            super(call);
            this.status = status;
        }

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(A message) {}

        @Override
        public void close(Status done, Metadata trailers) {
            super.close(status, new Metadata());
        }
    }
}
