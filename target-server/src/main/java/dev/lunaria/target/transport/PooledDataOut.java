package dev.lunaria.target.transport;

import dev.lunaria.iscsi.target.DataOutPool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Data-Out memory from Netty's pooled direct buffers.
 *
 * <p>Thread-safe. Bounded in bytes over all sessions of the server; who gets nothing is told when
 * something was given back.
 */
final class PooledDataOut implements DataOutPool {
    private final ByteBufAllocator allocator;
    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    /**
     * @param limit in bytes
     */
    PooledDataOut(ByteBufAllocator allocator, long limit) {
        this.allocator = allocator;
        this.limit = limit;
    }

    long used() {
        return used.get();
    }

    @Override
    public @Nullable Lease take(int bytes, Runnable whenFreed) {
        if (!reserve(bytes)) {
            waiting.add(whenFreed);
            // Something may have been given back before the waiter was there to be told.
            if (used.get() + bytes <= limit || used.get() == 0) {
                wake();
            }
            return null;
        }
        return new PooledLease(allocator.directBuffer(bytes, bytes), bytes);
    }

    private boolean reserve(int bytes) {
        while (true) {
            long now = used.get();
            // One that is larger than the pool gets it alone, or it would wait for ever.
            if (now > 0 && now + bytes > limit) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    private void wake() {
        for (int i = waiting.size(); i > 0; i--) {
            Runnable waiter = waiting.poll();
            if (waiter == null) {
                return;
            }
            waiter.run();
        }
    }

    private final class PooledLease implements Lease {
        private final ByteBuf memory;
        private final ByteBuffer buffer;
        private final int bytes;

        private PooledLease(ByteBuf memory, int bytes) {
            this.memory = memory;
            this.bytes = bytes;
            this.buffer = memory.nioBuffer(0, bytes);
        }

        @Override
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void release() {
            memory.release();
            used.addAndGet(-bytes);
            wake();
        }
    }
}
