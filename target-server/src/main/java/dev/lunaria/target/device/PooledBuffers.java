package dev.lunaria.target.device;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers by powers of two, kept for reuse.
 *
 * <p>Any thread, lock-free. Bounded: the bytes handed out and kept never exceed what the
 * constructor was given; kept ones of other sizes are let go for a size that is wanted.
 */
public final class PooledBuffers implements Buffers {
    private static final int SMALLEST_SHIFT = 12;
    private static final int LARGEST_SHIFT = 30;

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentLinkedQueue<ByteBuffer>[] free;

    /**
     * @param maxBytes bound of what is handed out and kept
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public PooledBuffers(long maxBytes) {
        this.maxBytes = maxBytes;
        this.free = new ConcurrentLinkedQueue[LARGEST_SHIFT - SMALLEST_SHIFT + 1];
        for (int i = 0; i < free.length; i++) {
            free[i] = new ConcurrentLinkedQueue<>();
        }
    }

    @Override
    public @Nullable ByteBuffer take(int length) {
        int shift = shift(length);
        ByteBuffer kept = free[shift - SMALLEST_SHIFT].poll();
        if (kept == null) {
            kept = allocate(1 << shift);
        }
        return kept == null ? null : kept.clear().limit(length);
    }

    private @Nullable ByteBuffer allocate(int size) {
        while (bytes.addAndGet(size) > maxBytes) {
            bytes.addAndGet(-size);
            if (!letGo()) {
                return null;
            }
        }
        return ByteBuffer.allocateDirect(size);
    }

    /** Lets go of the largest buffer that is kept; its memory is freed by the collector. */
    private boolean letGo() {
        for (int i = free.length - 1; i >= 0; i--) {
            ByteBuffer dropped = free[i].poll();
            if (dropped != null) {
                bytes.addAndGet(-dropped.capacity());
                return true;
            }
        }
        return false;
    }

    @Override
    public void give(ByteBuffer buffer) {
        free[shift(buffer.capacity()) - SMALLEST_SHIFT].add(buffer);
    }

    /** Bytes handed out or kept. */
    public long bytes() {
        return bytes.get();
    }

    private static int shift(int length) {
        int wanted = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, length) - 1);
        if (wanted > LARGEST_SHIFT) {
            throw new IllegalArgumentException(length + " bytes");
        }
        return Math.max(SMALLEST_SHIFT, wanted);
    }
}
