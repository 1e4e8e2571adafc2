package dev.lunaria.service.net;

import dev.lunaria.service.cli.StartupException;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC client's channel to one endpoint, that connects when it is first used, and again at each
 * call after the connection was lost.
 *
 * <p>Shared by all threads; closed by who opened it. Callers set a deadline on each call.
 */
public final class GrpcChannel implements AutoCloseable {
    private static final Duration KEEPALIVE = Duration.ofSeconds(20);
    private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final ManagedChannel channel;
    private final ExecutorService executor;

    private GrpcChannel(ManagedChannel channel, ExecutorService executor) {
        this.channel = channel;
        this.executor = executor;
    }

    /** Opens a channel to a Unix socket. */
    public static GrpcChannel open(Endpoint.Unix endpoint) {
        return open(endpoint, null);
    }

    /**
     * Opens a channel.
     *
     * @param tls mutual TLS; a must for TCP, refused for Unix sockets
     * @throws StartupException where it is missing or doesn't fit
     */
    public static GrpcChannel open(Endpoint endpoint, @Nullable Tls tls) {
        return open(endpoint, tls, "", Optional.empty(), null);
    }

    /**
     * Opens a channel whose calls say by a token who calls.
     *
     * @param tls mutual TLS; a must for TCP, refused for Unix sockets
     * @param token file that holds it, read with each call; empty: none is sent
     * @throws StartupException where TLS is missing or doesn't fit
     */
    public static GrpcChannel open(Endpoint endpoint, @Nullable Tls tls, Optional<Path> token) {
        return open(endpoint, tls, "", token, null);
    }

    /**
     * Opens a channel to a server whom only certain authorities may vouch for.
     *
     * @param authorities their certificates, PEM; empty: those that {@code tls} believes
     * @throws StartupException where TLS is missing or doesn't fit
     */
    public static GrpcChannel open(Endpoint endpoint, @Nullable Tls tls, String authorities) {
        return open(endpoint, tls, authorities, Optional.empty(), null);
    }

    /**
     * The same, whose calls are counted and timed by method and status, where there is a registry.
     *
     * @throws StartupException where TLS is missing or doesn't fit
     */
    public static GrpcChannel open(
            Endpoint endpoint,
            @Nullable Tls tls,
            String authorities,
            @Nullable MeterRegistry meters) {
        return open(endpoint, tls, authorities, Optional.empty(), meters);
    }

    private static GrpcChannel open(
            Endpoint endpoint,
            @Nullable Tls tls,
            String authorities,
            Optional<Path> token,
            @Nullable MeterRegistry meters) {
        NettyChannelBuilder builder =
                switch (endpoint) {
                    case Endpoint.Unix unix -> {
                        if (tls != null) {
                            throw new StartupException(
                                    unix + " is guarded by its mode; it takes no TLS files");
                        }
                        yield NettyChannelBuilder.forAddress(
                                        new DomainSocketAddress(unix.path().toString()))
                                .channelType(EpollDomainSocketChannel.class)
                                .overrideAuthority("localhost")
                                .negotiationType(NegotiationType.PLAINTEXT);
                    }
                    case Endpoint.Tcp tcp -> {
                        if (tls == null) {
                            throw new StartupException(
                                    tcp
                                            + " needs TLS files (CA, certificate, key), or use"
                                            + " unix:///path");
                        }
                        yield NettyChannelBuilder.forAddress(tcp.host(), tcp.port())
                                .channelType(EpollSocketChannel.class)
                                .sslContext(
                                        authorities.isEmpty()
                                                ? tls.forClient()
                                                : tls.forClient(authorities));
                    }
                };
        ExecutorService executor =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("grpc-client-", 0).factory());
        var reconnect = new Reconnect();
        token.ifPresent(file -> builder.intercept(new WithCredentials(new BearerToken(file))));
        if (meters != null) {
            builder.intercept(CallTimes.out(meters));
        }
        ManagedChannel channel =
                builder.eventLoopGroup(EventLoops.shared())
                        .executor(executor)
                        .offloadExecutor(executor)
                        .maxInboundMessageSize(GrpcServer.MAX_MESSAGE_BYTES)
                        .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
                        .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                        .disableRetry()
                        .intercept(reconnect, new CallId())
                        .build();
        reconnect.of(channel);
        return new GrpcChannel(channel, executor);
    }

    /** For the generated stubs. */
    public ManagedChannel channel() {
        return channel;
    }

    /** Ends the calls under way and hangs up. */
    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        executor.shutdownNow();
    }

    /** Sends credentials with each call. */
    private record WithCredentials(CallCredentials credentials) implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(
                MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return next.newCall(method, options.withCallCredentials(credentials));
        }
    }
}
