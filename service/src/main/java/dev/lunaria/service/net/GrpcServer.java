package dev.lunaria.service.net;

import dev.lunaria.service.cli.StartupException;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gRPC server on one endpoint.
 *
 * <p>Started and closed by the main thread. Calls run on virtual threads, those of services that
 * may block in the kernel on a bounded pool of platform threads. Bounds: {@link
 * #MAX_MESSAGE_BYTES}, {@link #MAX_CONCURRENT_CALLS} a connection, the pools.
 */
public final class GrpcServer implements AutoCloseable {
    /** Longest request, in bytes. */
    public static final int MAX_MESSAGE_BYTES = 4 << 20;

    /** Calls at a time on one connection. */
    public static final int MAX_CONCURRENT_CALLS = 256;

    private static final Logger log = LoggerFactory.getLogger(GrpcServer.class);

    private static final Duration KEEPALIVE = Duration.ofSeconds(30);
    private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PERMIT_KEEPALIVE = Duration.ofSeconds(5);
    private static final Duration IDLE_THREAD = Duration.ofSeconds(30);
    private static final Duration ABORT_WAIT = Duration.ofSeconds(1);

    private final Endpoint endpoint;
    private final Server server;
    private final @Nullable UnixSocketFile socket;
    private final List<ExecutorService> executors;
    private final Duration stopWithin;

    private GrpcServer(
            Endpoint endpoint,
            Server server,
            @Nullable UnixSocketFile socket,
            List<ExecutorService> executors,
            Duration stopWithin) {
        this.endpoint = endpoint;
        this.server = server;
        this.socket = socket;
        this.executors = executors;
        this.stopWithin = stopWithin;
    }

    /** Begins a server on an endpoint. */
    public static Builder on(Endpoint endpoint) {
        return new Builder(endpoint);
    }

    /** Where it listens; with the real port where 0 was asked for. */
    public Endpoint endpoint() {
        return switch (endpoint) {
            case Endpoint.Unix unix -> unix;
            case Endpoint.Tcp tcp -> new Endpoint.Tcp(tcp.host(), server.getPort());
        };
    }

    /** Takes no more calls, waits for those under way as long as was set, then ends them. */
    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(stopWithin.toMillis(), TimeUnit.MILLISECONDS)) {
                log.atWarn()
                        .addKeyValue("endpoint", endpoint)
                        .log("calls were still under way; they are cancelled");
                server.shutdownNow();
                server.awaitTermination(ABORT_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        executors.forEach(ExecutorService::shutdownNow);
        removeSocket();
    }

    private void removeSocket() {
        if (socket == null) {
            return;
        }
        try {
            socket.remove();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("endpoint", endpoint)
                    .setCause(e)
                    .log("the socket file stays; the next start replaces it");
        }
    }

    /** What a server will be. Used by one thread. */
    public static final class Builder {
        private final Endpoint endpoint;
        private final List<ServerServiceDefinition> services = new ArrayList<>();
        private final Map<String, Integer> blockingThreads = new HashMap<>();
        private ErrorMap errors = ErrorMap.NONE;
        private Set<String> peers = Set.of();
        private @Nullable Tls tls;
        private @Nullable MeterRegistry meters;
        private @Nullable CallerCheck callers;
        private Duration stopWithin = Duration.ofSeconds(10);

        private Builder(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        /** Mutual TLS; a must for TCP, refused for Unix sockets. */
        public Builder tls(@Nullable Tls mutual) {
            this.tls = mutual;
            return this;
        }

        /** DNS names in client certificates that may call; empty: whoever the CA vouches for. */
        public Builder allowedPeers(Set<String> names) {
            this.peers = Set.copyOf(names);
            return this;
        }

        /**
         * Has callers say by a token who they are; empty: nobody has to. Tokens come over TLS
         * alone.
         */
        public Builder callers(@Nullable CallerCheck check) {
            this.callers = check;
            return this;
        }

        /** How exceptions that services throw become statuses. */
        public Builder errors(ErrorMap map) {
            this.errors = map;
            return this;
        }

        /** Counts and times calls by method and status, where there is a registry. */
        public Builder meters(@Nullable MeterRegistry registry) {
            this.meters = registry;
            return this;
        }

        /** How long {@link GrpcServer#close} waits for calls under way. */
        public Builder stopWithin(Duration time) {
            this.stopWithin = time;
            return this;
        }

        /** Adds a service whose calls run on virtual threads: it never blocks in the kernel. */
        public Builder service(BindableService service) {
            services.add(service.bindService());
            return this;
        }

        /** Adds a service that may block in the kernel: so many platform threads serve it. */
        public Builder blockingService(BindableService service, int threads) {
            ServerServiceDefinition definition = service.bindService();
            services.add(definition);
            blockingThreads.put(definition.getServiceDescriptor().getName(), threads);
            return this;
        }

        /**
         * Starts it.
         *
         * @throws StartupException where the address is in use, TLS files are missing or don't fit
         */
        public GrpcServer start() {
            return switch (endpoint) {
                case Endpoint.Unix unix -> startUnix(unix);
                case Endpoint.Tcp tcp -> startTcp(tcp);
            };
        }

        private GrpcServer startUnix(Endpoint.Unix unix) {
            if (tls != null) {
                throw new StartupException(unix + " is guarded by its mode; it takes no TLS files");
            }
            var file = new UnixSocketFile(unix.path());
            file.prepare();
            var builder =
                    NettyServerBuilder.forAddress(
                                    new DomainSocketAddress(file.temporary().toString()))
                            .channelType(EpollServerDomainSocketChannel.class);
            GrpcServer started = start(builder, file);
            try {
                file.publish();
            } catch (IOException e) {
                started.close();
                throw new StartupException(
                        "cannot make the socket " + unix.path() + ": " + StartupException.reason(e),
                        e);
            }
            return started;
        }

        private GrpcServer startTcp(Endpoint.Tcp tcp) {
            if (tls == null) {
                throw new StartupException(
                        tcp + " needs TLS files (CA, certificate, key), or use unix:///path");
            }
            var builder =
                    NettyServerBuilder.forAddress(new InetSocketAddress(tcp.host(), tcp.port()))
                            .channelType(EpollServerSocketChannel.class)
                            .sslContext(tls.forServer());
            return start(builder, null);
        }

        private GrpcServer start(NettyServerBuilder builder, @Nullable UnixSocketFile file) {
            var executors = new ArrayList<ExecutorService>();
            ExecutorService virtual =
                    Executors.newThreadPerTaskExecutor(
                            Thread.ofVirtual().name("call-", 0).factory());
            executors.add(virtual);
            var byService = new HashMap<String, ExecutorService>();
            blockingThreads.forEach(
                    (service, threads) -> byService.put(service, platformPool(threads)));
            executors.addAll(byService.values());
            services.forEach(builder::addService);
            // The last one added is the first one called.
            if (callers != null) {
                builder.intercept(new CallerTokens(callers));
            }
            builder.intercept(new CallInterceptor(errors));
            if (meters != null) {
                builder.intercept(CallTimes.in(meters));
            }
            if (!peers.isEmpty()) {
                builder.intercept(new PeerNames(peers));
            }
            Server server =
                    builder.bossEventLoopGroup(EventLoops.shared())
                            .workerEventLoopGroup(EventLoops.shared())
                            .executor(virtual)
                            .callExecutor(new ExecutorOfService(byService))
                            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                            .maxConcurrentCallsPerConnection(MAX_CONCURRENT_CALLS)
                            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
                            .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                            .permitKeepAliveTime(PERMIT_KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
                            .permitKeepAliveWithoutCalls(true)
                            .build();
            try {
                server.start();
            } catch (IOException e) {
                executors.forEach(ExecutorService::shutdownNow);
                Throwable reason = e.getCause() == null ? e : e.getCause();
                throw new StartupException(
                        "cannot listen on " + endpoint + ": " + reason.getMessage(), e);
            }
            return new GrpcServer(endpoint, server, file, executors, stopWithin);
        }

        private static ExecutorService platformPool(int threads) {
            var pool =
                    new ThreadPoolExecutor(
                            threads,
                            threads,
                            IDLE_THREAD.toSeconds(),
                            TimeUnit.SECONDS,
                            new LinkedBlockingQueue<>(),
                            Thread.ofPlatform().daemon().name("kernel-", 0).factory());
            pool.allowCoreThreadTimeOut(true);
            return pool;
        }
    }
}
