package dev.lunaria.node.disk.session;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Processes;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loops that all disks of a process share, each with its session and its FUSE file, and
 * the thread that looks up host names for them.
 *
 * <p>Any thread. Two loops: a node's disks are bound by copying, which two cores do.
 */
public final class DiskLoops implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DiskLoops.class);
    private static final int LOOPS = 2;
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final IoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(LOOPS, new Flushers(), EpollIoHandler.newFactory());
    private final ExecutorService resolver =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("iscsi-resolver").factory());

    /** The loop for the next session. */
    public IoEventLoop next() {
        return group.next();
    }

    /** Looks up a name; an address is answered at once. */
    CompletableFuture<InetAddress> resolve(String host) {
        boolean literal = NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
        return literal
                ? CompletableFuture.completedFuture(lookUp(host))
                : CompletableFuture.supplyAsync(() -> lookUp(host), resolver);
    }

    private static InetAddress lookUp(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("no address for " + host, e);
        }
    }

    /** Threads that write back dirty pages when they carry out requests, see prctl(2). */
    private static final class Flushers extends DefaultThreadFactory {
        Flushers() {
            super("disk", true);
        }

        @Override
        protected Thread newThread(Runnable loop, String name) {
            return super.newThread(
                    () -> {
                        becomeIoFlusher();
                        loop.run();
                    },
                    name);
        }

        private static void becomeIoFlusher() {
            try {
                Processes.becomeIoFlusher();
            } catch (LinuxException e) {
                log.atDebug().log("event loop without PR_SET_IO_FLUSHER: no CAP_SYS_RESOURCE");
            }
        }
    }

    /** Ends the loops; sessions on them must have ended. */
    @Override
    public void close() {
        resolver.shutdownNow();
        group.shutdownGracefully(0, STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(STOP_WITHIN.toMillis());
    }
}
