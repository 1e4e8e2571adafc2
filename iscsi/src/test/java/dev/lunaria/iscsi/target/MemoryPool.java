package dev.lunaria.iscsi.target;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Data-Out memory with a limit, and a count of what is out. */
final class MemoryPool implements DataOutPool {
    private final int limit;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    int used;
    int largest;

    MemoryPool(int limit) {
        this.limit = limit;
    }

    @Override
    public @Nullable Lease take(int bytes, Runnable whenFreed) {
        if (used + bytes > limit) {
            waiting.add(whenFreed);
            return null;
        }
        used += bytes;
        largest = Math.max(largest, used);
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        return new Lease() {
            private boolean released;

            @Override
            public ByteBuffer buffer() {
                return buffer;
            }

            @Override
            public void release() {
                if (released) {
                    throw new IllegalStateException("released twice");
                }
                released = true;
                used -= bytes;
                for (int i = waiting.size(); i > 0; i--) {
                    waiting.remove().run();
                }
            }
        };
    }
}
