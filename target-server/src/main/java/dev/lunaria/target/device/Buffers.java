package dev.lunaria.target.device;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers for what is read; a bounded pool, shared by the units of a process. Any thread.
 */
public interface Buffers {

    /**
     * Takes a buffer.
     *
     * @return direct, position 0, {@code bytes} to the limit; null where the pool's bound is
     *     reached
     */
    @Nullable ByteBuffer take(int bytes);

    /** Gives back a buffer that {@link #take} returned, once. */
    void give(ByteBuffer buffer);
}
