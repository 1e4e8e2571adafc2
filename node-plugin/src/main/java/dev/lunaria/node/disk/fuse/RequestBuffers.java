package dev.lunaria.node.disk.fuse;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one disk's requests. Any thread takes and gives. At most a fixed number exist,
 * made when first needed; the one given back last is taken first, so an idle disk keeps few pages
 * warm.
 */
final class RequestBuffers {

    private final int maxData;
    private final Semaphore permits;
    private volatile boolean closed;
    private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();

    RequestBuffers(int count, int maxData) {
        this.maxData = maxData;
        this.permits = new Semaphore(count);
    }

    /** Waits until one is free; null after {@link #close}. */
    @Nullable ByteBuffer take() {
        permits.acquireUninterruptibly();
        if (closed) {
            return null;
        }
        ByteBuffer buffer = free.pollFirst();
        return buffer != null ? buffer : FuseProtocol.allocate(maxData);
    }

    /** Gives one back; its contents are lost. */
    void give(ByteBuffer buffer) {
        free.addFirst(buffer);
        permits.release();
    }

    /** Ends those that wait, and whoever would. */
    void close() {
        closed = true;
        permits.release(FuseOptions.MAX_READERS);
    }
}
