package dev.lunaria.service.net;

import dev.lunaria.service.log.CallContext;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.MDC;

/**
 * The id under which every program logs what it does for one call: made where the call comes in,
 * and told to the programs that are called for it. Any thread.
 */
final class CallId implements ClientInterceptor {
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("lunaria-call", Metadata.ASCII_STRING_MARSHALLER);

    /** What a caller may say; anything else could be a line of its own in a log. */
    private static final Pattern FORM = Pattern.compile("[0-9a-z-]{1,32}");

    /** Tells the ids of one process from those of another. */
    private static final String PROCESS =
            Long.toString(36 * 36 * 36 + new SecureRandom().nextInt(35 * 36 * 36 * 36), 36);

    private static final AtomicLong next = new AtomicLong(1);

    /** The caller's id, or a new one. */
    static String of(Metadata headers) {
        String told = headers.get(HEADER);
        return told != null && FORM.matcher(told).matches()
                ? told
                : PROCESS + "-" + Long.toString(next.getAndIncrement(), 36);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
            MethodDescriptor<Q, A> method, CallOptions options, Channel channel) {
        String id = MDC.get(CallContext.CALL);
        ClientCall<Q, A> call = channel.newCall(method, options);
        if (id == null) {
            return call;
        }
        return new SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                headers.put(HEADER, id);
                super.start(listener, headers);
            }
        };
    }
}
