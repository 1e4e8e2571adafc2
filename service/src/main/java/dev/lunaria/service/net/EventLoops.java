package dev.lunaria.service.net;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * The event loops of the process's gRPC servers and channels: control traffic only.
 *
 * <p>Shared by all threads; {@link #THREADS} daemon threads, made at the first use and never
 * closed.
 */
final class EventLoops {
    /** Control traffic is light; the data path has loops of its own. */
    static final int THREADS = 2;

    private EventLoops() {}

    private static final class Holder {
        static final EventLoopGroup GROUP =
                new MultiThreadIoEventLoopGroup(
                        THREADS,
                        new DefaultThreadFactory("grpc", true),
                        EpollIoHandler.newFactory());
    }

    static EventLoopGroup shared() {
        return Holder.GROUP;
    }
}
