package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.FuseDevice;
import dev.lunaria.linux.LinuxException;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the kernel's requests for one file, on the event loop that also has the file's session: no
 * request changes threads, and what comes together leaves together. Owned by that loop, which many
 * disks share: a turn ends after {@link #REQUESTS_A_TURN}, and where no buffer is left the kernel's
 * requests wait until one is given back.
 */
final class FuseReader implements EpollIoHandle {

    private static final Logger LOG = LoggerFactory.getLogger(FuseReader.class);

    private static final int REQUESTS_A_TURN = 64;

    private final IoEventLoop loop;
    private final FuseChannel channel;
    private final FuseServer server;
    private final RequestBuffers buffers;
    private final FileDescriptor descriptor;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private @Nullable IoRegistration registration;

    private FuseReader(
            IoEventLoop loop, FuseDevice device, FuseServer server, RequestBuffers buffers) {
        this.loop = loop;
        this.channel = new FuseChannel(device);
        this.server = server;
        this.buffers = buffers;
        this.descriptor = new FileDescriptor(device.number());
    }

    /**
     * Begins to read. Takes over the device, which is closed once the connection has ended and all
     * that was under way is answered.
     *
     * @param device bound to a mount already
     */
    static FuseReader start(
            IoEventLoop loop, FuseDevice device, FuseServer server, RequestBuffers buffers) {
        FuseReader reader = new FuseReader(loop, device, server, buffers);
        loop.register(reader).addListener(reader::begin);
        return reader;
    }

    /** Done when nothing more is read: unmounted, aborted, or failed. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    private void begin(Future<? super IoRegistration> registered) {
        if (registered.isSuccess()) {
            registration = (IoRegistration) registered.getNow();
            resume();
        } else {
            fail(registered.cause());
        }
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (((EpollIoEvent) event).ops().contains(EpollIoOps.EPOLLERR)) {
            end();
            return;
        }
        try {
            takeTurn();
        } catch (LinuxException | RuntimeException e) {
            fail(e);
        }
    }

    private void takeTurn() throws LinuxException {
        for (int i = 0; i < REQUESTS_A_TURN; i++) {
            ByteBuffer buffer = buffers.take();
            if (buffer == null) {
                pause();
                return;
            }
            int length = FuseDevice.ENDED;
            try {
                length = channel.device().read(buffer.clear().position(FuseProtocol.REQUEST_AT));
            } finally {
                if (length <= 0) {
                    buffers.give(buffer);
                }
            }
            if (length == FuseDevice.ENDED) {
                end();
            }
            if (length <= 0) {
                return;
            }
            server.handle(buffer, length, channel);
        }
    }

    /** Of an end it still hears. */
    private void pause() {
        listen(EpollIoOps.EPOLLERR);
        buffers.whenFree(() -> loop.execute(this::resume));
    }

    private void resume() {
        listen(EpollIoOps.EPOLLIN);
    }

    private void listen(EpollIoOps ops) {
        if (registration != null && registration.isValid()) {
            registration.submit(ops);
        }
    }

    private void fail(Throwable cause) {
        LOG.atError().setCause(cause).log("FUSE reader failed; its disk answers EIO from now");
        end();
    }

    private void end() {
        if (ended.isDone()) {
            return;
        }
        if (registration != null) {
            registration.cancel();
        }
        channel.release();
        ended.complete(null);
    }

    /** The loop has ended. */
    @Override
    public void close() {
        end();
    }
}
