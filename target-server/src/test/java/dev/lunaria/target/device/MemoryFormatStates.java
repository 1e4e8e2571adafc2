package dev.lunaria.target.device;

import dev.lunaria.target.store.StoreException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Format state in memory, with a log of its changes; guarded by its own lock. */
final class MemoryFormatStates implements FormatStates {
    private final Set<String> fenced = new HashSet<>();
    private FormatState state = FormatState.BLANK;
    private StoreException.@Nullable Reason failure;

    @Override
    public synchronized FormatState current() {
        return state;
    }

    @Override
    public synchronized boolean change(FormatState expected, FormatState next)
            throws StoreException {
        if (failure != null) {
            throw new StoreException(failure, "asked for");
        }
        if (!state.equals(expected)) {
            return false;
        }
        state = next;
        return true;
    }

    @Override
    public synchronized boolean isOwnerFenced(FormatState formatting) {
        return fenced.contains(formatting.ownerNode() + " " + formatting.ownerEpoch());
    }

    /** That epoch of the node's grant has ended. */
    synchronized void fence(NexusGrant grant) {
        fenced.add(grant.node() + " " + grant.epoch());
    }

    /** Changes fail so from now on; null: they succeed. */
    synchronized void fail(StoreException.@Nullable Reason reason) {
        failure = reason;
    }

    synchronized void set(FormatState other) {
        state = other;
    }
}
