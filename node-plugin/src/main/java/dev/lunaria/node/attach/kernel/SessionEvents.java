package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.IscsiMessage;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says of one session while somebody exchanges PDUs on it. The thread that reads
 * events puts them in, the thread that has the session's turn takes them out. Bounded: a login or
 * logout is a dialogue, one answer at a time.
 */
final class SessionEvents {
    private static final int MOST = 32;
    private static final IscsiMessage NOTHING = new IscsiMessage.Other(0);

    private final BlockingQueue<IscsiMessage> queue = new ArrayBlockingQueue<>(MOST);
    private volatile boolean open;

    /** Takes events from now on. */
    void begin() {
        queue.clear();
        open = true;
    }

    /** Takes no more. */
    void end() {
        open = false;
    }

    /** Whether an exchange is under way, and the event was put in for it. */
    boolean offer(IscsiMessage event) {
        return open && queue.offer(event);
    }

    /** Ends the exchange that is under way, from outside. */
    void interrupt() {
        var _ = queue.offer(NOTHING);
    }

    /** The next one; where none comes in so many nanoseconds, or somebody interrupts, nothing. */
    IscsiMessage next(long nanos) {
        try {
            IscsiMessage event = queue.poll(Math.max(nanos, 0), TimeUnit.NANOSECONDS);
            return event == null ? NOTHING : event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return NOTHING;
        }
    }

    /** A loss that came with the end of the exchange and that nobody has seen. */
    @Nullable IscsiMessage leftLoss() {
        IscsiMessage event;
        while ((event = queue.poll()) != null) {
            if (event instanceof IscsiMessage.ConnectionLost) {
                return event;
            }
        }
        return null;
    }
}
