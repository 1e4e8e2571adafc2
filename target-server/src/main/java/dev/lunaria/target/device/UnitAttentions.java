package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Unit attention conditions that wait for one nexus (SAM-5 §5.14).
 *
 * <p>Any thread, guarded by its own lock. Each condition waits once, so the queue is as long as
 * there are kinds.
 */
final class UnitAttentions {
    private static final int RESET_OR_NEXUS_LOSS = 0x29;

    private final LinkedHashSet<AdditionalSense> waiting = new LinkedHashSet<>();
    private volatile boolean empty = true;

    /** Adds a condition behind those that wait, unless it waits already. */
    synchronized void add(AdditionalSense condition) {
        waiting.add(condition);
        empty = false;
    }

    /** A reset or nexus loss: it makes all other conditions void (SAM-5 §5.14.5). */
    synchronized void replaceAll(AdditionalSense condition) {
        waiting.clear();
        add(condition);
    }

    /** The first condition if it is a reset or nexus loss, which is reported with that; or null. */
    @Nullable AdditionalSense pollReset() {
        return empty ? null : pollWaitingReset();
    }

    private synchronized @Nullable AdditionalSense pollWaitingReset() {
        boolean reset = !waiting.isEmpty() && waiting.getFirst().code() == RESET_OR_NEXUS_LOSS;
        return reset ? pollWaiting() : null;
    }

    /** The first condition, which is reported with that; null where none waits. */
    @Nullable AdditionalSense poll() {
        return empty ? null : pollWaiting();
    }

    private synchronized @Nullable AdditionalSense pollWaiting() {
        AdditionalSense first = waiting.isEmpty() ? null : waiting.removeFirst();
        empty = waiting.isEmpty();
        return first;
    }
}
