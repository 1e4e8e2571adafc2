package dev.lunaria.node.disk.fuse;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one disk's requests. Any thread takes and gives. At most a fixed number exist,
 * made when first needed; the one given back last is taken first, so an idle disk keeps few pages
 * warm. Where the JVM has no direct memory left, the disk goes on with those that it has.
 */
final class RequestBuffers {

    private final int maxData;
    private final Semaphore permits;
    private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /** Makes the first one at once: with it the disk can always go on. */
    RequestBuffers(int count, int maxData) {
        this.maxData = maxData;
        this.permits = new Semaphore(count);
        free.add(FuseProtocol.allocate(maxData));
    }

    /** Waits until one is free; null after {@link #close}. */
    @Nullable ByteBuffer take() {
        while (true) {
            permits.acquireUninterruptibly();
            if (closed) {
                return null;
            }
            ByteBuffer buffer = free.pollFirst();
            if (buffer != null) {
                return buffer;
            }
            try {
                return FuseProtocol.allocate(maxData);
            } catch (OutOfMemoryError e) {
                // The permit is not given back: from now on there is one buffer fewer. At least one
                // other exists, or this disk would not have come so far.
            }
        }
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
