package dev.lunaria.iscsi.target;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the memory for Data-Out comes from, shared by all sessions; implemented by the transport.
 *
 * <p>Called from many event loops at once; never blocks. Bounded in bytes: whoever gets nothing
 * waits, and sends no R2T meanwhile.
 */
public interface DataOutPool {

    /**
     * Takes memory.
     *
     * @param whenFreed remembered if there is no room now, and called once, on any thread, when it
     *     is worth trying again
     * @return null if there is no room now
     */
    @Nullable Lease take(int bytes, Runnable whenFreed);

    /** Memory that was taken. */
    interface Lease {
        /** A direct buffer whose capacity is what was asked for; the same one at every call. */
        ByteBuffer buffer();

        /** Gives it back, once, on any thread. */
        void release();
    }
}
