package dev.lunaria.service.net;

import static dev.lunaria.service.log.CallContext.NODE;
import static dev.lunaria.service.log.CallContext.VOLUME;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.lunaria.service.log.CallContext;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Gives every call an id, logs one line when it ends, and turns exceptions into statuses.
 *
 * <p>Called by any thread. Of a request only the fields in {@link #LOGGED_FIELDS} are logged, so no
 * secret can be. The call's id, and the volume and node that it is about, are in the log context
 * ({@link CallContext}) while the service's method runs.
 */
final class CallInterceptor implements ServerInterceptor {
    private static final Logger log = LoggerFactory.getLogger("dev.lunaria.call");

    /** Names what a call is about. Nothing secret may be added. */
    private static final Set<String> LOGGED_FIELDS = Set.of("name", "pool", "epoch", "target_path");

    private static final Set<String> VOLUME_FIELDS = Set.of("volume_id", "lun");
    private static final Set<String> NODE_FIELDS = Set.of("node_id", "node");

    /** Asked every few seconds by probes and sidecars: logged at DEBUG when they succeed. */
    private static final Set<String> QUIET_METHODS =
            Set.of(
                    "Probe",
                    "GetPluginInfo",
                    "GetPluginCapabilities",
                    "ControllerGetCapabilities",
                    "GroupControllerGetCapabilities",
                    "NodeGetCapabilities",
                    "NodeGetVolumeStats",
                    "ListDisks",
                    "Check",
                    "ServerReflectionInfo");

    private final ErrorMap errors;

    CallInterceptor(ErrorMap errors) {
        this.errors = errors;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var logged = new LoggedCall<>(call, CallId.of(headers));
        ServerCall.Listener<Q> listener;
        try {
            listener = next.startCall(logged, headers);
        } catch (RuntimeException e) {
            logged.fail(e);
            return new ServerCall.Listener<>() {};
        }
        return new Guarded<>(listener, logged);
    }

    private final class LoggedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final String id;
        private final long startNanos = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile Map<String, String> about = Map.of();
        private volatile Map<String, String> context = Map.of();

        LoggedCall(ServerCall<Q, A> call, String id) {
            super(call);
            this.id = id;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            Status told = status;
            // grpc-java's own answer to an exception that a service let through its observer.
            if (status.getCode() == Status.Code.UNKNOWN
                    && status.getCause() instanceof RuntimeException e) {
                told = statusOf(e);
            }
            end(told);
            if (!told.isOk()) {
                Answered.mark(trailers);
            }
            super.close(told, trailers);
        }

        void fail(RuntimeException e) {
            Status status = statusOf(e);
            if (ended.get()) {
                return;
            }
            try {
                close(status, new Metadata());
            } catch (IllegalStateException alreadyClosed) {
                log.debug("call {} was closed before it failed", id, alreadyClosed);
            }
        }

        private Status statusOf(RuntimeException e) {
            if (e instanceof StatusRuntimeException known) {
                return known.getStatus();
            }
            if (e.getCause() instanceof StatusException known) {
                return known.getStatus();
            }
            Status mapped = errors.status(e);
            if (mapped != null) {
                return mapped;
            }
            log.atError()
                    .addKeyValue("method", getMethodDescriptor().getFullMethodName())
                    .setCause(e)
                    .log("unexpected error; the caller gets INTERNAL");
            return Status.INTERNAL.withDescription(
                    "unexpected error; the log has it under call " + id);
        }

        /** Runs a step with the call, its volume and its node in the log context. */
        void inContext(Runnable step) {
            Map<String, String> before = MDC.getCopyOfContextMap();
            MDC.put(CallContext.CALL, id);
            context.forEach(MDC::put);
            try {
                step.run();
            } finally {
                MDC.setContextMap(before == null ? Map.of() : before);
            }
        }

        void end(Status status) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            String method = getMethodDescriptor().getBareMethodName();
            boolean quiet = status.isOk() && method != null && QUIET_METHODS.contains(method);
            LoggingEventBuilder event =
                    log.atLevel(quiet ? Level.DEBUG : Level.INFO)
                            .addKeyValue("method", method)
                            .addKeyValue("status", status.getCode())
                            .addKeyValue("millis", (System.nanoTime() - startNanos) / 1_000_000);
            for (Map.Entry<String, String> field : about.entrySet()) {
                event = event.addKeyValue(field.getKey(), field.getValue());
            }
            String description = status.getDescription();
            LoggingEventBuilder line = event;
            inContext(() -> line.log(description == null ? "call" : description));
        }
    }

    private static final class Guarded<Q> extends SimpleForwardingServerCallListener<Q> {
        private final LoggedCall<Q, ?> call;

        Guarded(ServerCall.Listener<Q> listener, LoggedCall<Q, ?> call) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(Q message) {
            call.about = fields(message, LOGGED_FIELDS);
            call.context = context(message);
            guard(() -> super.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            guard(super::onHalfClose);
        }

        @Override
        public void onReady() {
            guard(super::onReady);
        }

        @Override
        public void onCancel() {
            call.end(Status.CANCELLED);
            guard(super::onCancel);
        }

        private void guard(Runnable step) {
            call.inContext(() -> {
                try {
                    step.run();
                } catch (RuntimeException e) {
                    call.fail(e);
                }
            });
        }

        /**
         * The volume by its id, also where the request names pool and LUN; the node by its name.
         */
        private static Map<String, String> context(@Nullable Object request) {
            var context = new TreeMap<String, String>();
            fields(request, NODE_FIELDS).values().forEach(node -> context.put(NODE, node));
            fields(request, VOLUME_FIELDS)
                    .forEach((field, value) ->
                            context.put(
                                    VOLUME,
                                    field.equals("lun")
                                            ? fields(request, Set.of("pool")).get("pool")
                                                    + "/"
                                                    + value
                                            : value));
            return context;
        }

        private static Map<String, String> fields(@Nullable Object request, Set<String> wanted) {
            if (!(request instanceof Message message)) {
                return Map.of();
            }
            var values = new TreeMap<String, String>();
            for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
                FieldDescriptor key = field.getKey();
                if (wanted.contains(key.getName())
                        && !key.isRepeated()
                        && key.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                    values.put(key.getName(), field.getValue().toString());
                }
            }
            return values;
        }
    }
}
