package dev.lunaria.node.disk.fuse;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one disk's requests. One thread takes, any gives. At most a fixed number exist,
 * made when first needed; the one given back last is taken first, so an idle disk keeps few pages
 * warm. Where the JVM has no direct memory left, the disk goes on with those that it has.
 */
final class RequestBuffers {

    private final int maxData;
    private final Semaphore permits;
    private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
    private final AtomicReference<@Nullable Runnable> waiting = new AtomicReference<>();

    /** Makes the first one at once: with it the disk can always go on. */
    RequestBuffers(int count, int maxData) {
        this.maxData = maxData;
        this.permits = new Semaphore(count);
        free.add(FuseProtocol.allocate(maxData));
    }

    /** Null where all are in use: see {@link #whenFree}. */
    @Nullable ByteBuffer take() {
        while (permits.tryAcquire()) {
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
        return null;
    }

    /** Gives one back; its contents are lost. */
    void give(ByteBuffer buffer) {
        free.addFirst(buffer);
        permits.release();
        if (waiting.get() != null) {
            wake();
        }
    }

    /** Runs the action once, when one is free: now, or on the thread that gives it back. */
    void whenFree(Runnable action) {
        waiting.set(action);
        if (permits.availablePermits() > 0) {
            wake();
        }
    }

    private void wake() {
        Runnable action = waiting.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }
}
