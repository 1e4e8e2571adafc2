package dev.lunaria.target.transport;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.iscsi.target.TargetConnection;
import dev.lunaria.iscsi.target.TargetEnvironment;
import dev.lunaria.iscsi.text.OperationalWants;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * The iSCSI portals of a target server (RFC 7143 §4.1), on Netty's epoll.
 *
 * <p>Thread-safe: started once, stopped once. Bounded by {@link PortalSettings}: connections over
 * all portals, memory for Data-Out, and outbound bytes of each connection.
 */
public final class PortalServer implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final PortalSettings settings;
    private final SessionDirectory directory;
    private final Refusals refusals;
    private final EventLoopGroup loops;
    private final TargetEnvironment environment;
    private final AtomicInteger connections = new AtomicInteger();
    private final Set<ConnectionHandler> open = ConcurrentHashMap.newKeySet();
    private final List<Channel> listening = new ArrayList<>();

    /**
     * A portal.
     *
     * @param address where to listen; port 0 takes a free one
     * @param groupTag its portal group: each portal has its own (RFC 7143 §13.9)
     */
    public record Portal(InetSocketAddress address, int groupTag) {
        public Portal {
            if (groupTag < 0 || groupTag > 0xffff) {
                throw new IllegalArgumentException("a portal group tag has 16 bits");
            }
        }
    }

    private PortalServer(
            PortalSettings settings,
            SessionBounds bounds,
            LoginAuthority authority,
            ServedTargets targets,
            SessionDirectory directory,
            InstantSource clock,
            RandomGenerator random) {
        this.settings = settings;
        this.directory = directory;
        this.refusals = new Refusals(clock);
        this.loops =
                new MultiThreadIoEventLoopGroup(
                        settings.eventLoops(),
                        new DefaultThreadFactory("iscsi"),
                        EpollIoHandler.newFactory());
        this.environment =
                new TargetEnvironment(
                        authority,
                        targets,
                        directory,
                        OperationalWants.forTarget(),
                        bounds,
                        new PooledDataOut(PooledByteBufAllocator.DEFAULT, settings.dataOutBytes()),
                        clock,
                        random);
    }

    /**
     * Listens on all portals. Whatever grants there are must be loaded before, or a restart looks
     * like a fence.
     *
     * @param directory knows the sessions, to others too
     * @throws IOException if a portal can't be bound; then none is
     */
    public static PortalServer start(
            List<Portal> portals,
            PortalSettings settings,
            SessionBounds bounds,
            LoginAuthority authority,
            ServedTargets targets,
            SessionDirectory directory,
            InstantSource clock)
            throws IOException {
        PortalServer server =
                new PortalServer(
                        settings, bounds, authority, targets, directory, clock, new SecureRandom());
        try {
            for (Portal portal : portals) {
                server.listen(portal);
            }
        } catch (IOException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void listen(Portal portal) throws IOException {
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(loops)
                        .channel(EpollServerSocketChannel.class)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(
                                        PortalSettings.LOW_WATER, PortalSettings.HIGH_WATER))
                        .childHandler(new Connections(portal.groupTag()));
        var bound = bootstrap.bind(portal.address()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "can't listen on %s: %s"
                            .formatted(portal.address(), bound.cause().getMessage()),
                    bound.cause());
        }
        listening.add(bound.channel());
    }

    /** Where it listens, in the order of the portals. */
    public List<InetSocketAddress> addresses() {
        return listening.stream()
                .map(channel -> (InetSocketAddress) channel.localAddress())
                .toList();
    }

    /** Whether every portal takes connections. */
    public boolean isListening() {
        return listening.stream().allMatch(Channel::isActive);
    }

    /** Logins that were refused so far, by what they were answered. */
    public Map<LoginStatus, Long> refusedLogins() {
        return refusals.refusedLogins();
    }

    /** Connections that are open now, logged in or not. */
    public int connections() {
        return connections.get();
    }

    /**
     * Stops gracefully: takes no more connections, tells every initiator that its session is
     * dropped, and waits until nothing that was in flight can reach the store any more.
     *
     * @return whether everything was drained in that time
     */
    public boolean stop(Duration within) {
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        // First the announcement: what the directory ends is cut off without one.
        open.forEach(ConnectionHandler::stop);
        CompletableFuture<Void> drained = directory.end(session -> true);
        boolean inTime = true;
        try {
            drained.completeOnTimeout(null, within.toNanos(), TimeUnit.NANOSECONDS).join();
            inTime = directory.sessions().isEmpty();
        } finally {
            close();
        }
        return inTime;
    }

    /** Closes everything at once; what is in flight is not waited for. */
    @Override
    public void close() {
        listening.forEach(Channel::close);
        loops.shutdownGracefully(0, PortalSettings.LINGER.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
    }

    private static String inBrackets(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return address.getAddress() instanceof Inet6Address
                ? "[" + host + "]:" + address.getPort()
                : host + ":" + address.getPort();
    }

    /** Makes the connections of one portal; stateless but for its tag. */
    private final class Connections extends ChannelInitializer<EpollSocketChannel> {
        private final int groupTag;

        private Connections(int groupTag) {
            this.groupTag = groupTag;
        }

        @Override
        protected void initChannel(EpollSocketChannel channel) {
            if (connections.incrementAndGet() > settings.maxConnections()) {
                refusals.log(
                        channel.remoteAddress(),
                        "more than " + settings.maxConnections() + " connections");
                connections.decrementAndGet();
                channel.close();
                return;
            }
            TargetConnection.Link link =
                    new TargetConnection.Link(
                            inBrackets(channel.remoteAddress()),
                            inBrackets(channel.localAddress()),
                            groupTag);
            ConnectionHandler handler =
                    new ConnectionHandler(
                            channel,
                            settings,
                            refusals,
                            (outbox, turns) ->
                                    new TargetConnection(environment, link, outbox, turns));
            open.add(handler);
            channel.closeFuture()
                    .addListener(closed -> {
                        open.remove(handler);
                        connections.decrementAndGet();
                    });
            channel.pipeline().addLast(handler);
        }
    }
}
