package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.target.store.StoreException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Format state in memory that takes no transition but the legal ones; guarded by its own lock. */
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
        if (!isLegal(next) || next.generation() != state.generation() + 1) {
            throw new AssertionError(state + " became " + next);
        }
        state = next;
        return true;
    }

    /** The transitions that there are; a takeover needs the same owner, or a fenced one. */
    private boolean isLegal(FormatState next) {
        return switch (state.state()) {
            case BLANK -> next.state() != State.BLANK;
            case FORMATTING ->
                    switch (next.state()) {
                        case BLANK -> false;
                        case FORMATTING ->
                                ownerOf(state).equals(ownerOf(next)) || isOwnerFenced(state);
                        case READY -> next.filesystem().equals(state.filesystem());
                    };
            case READY -> false;
        };
    }

    private static String ownerOf(FormatState formatting) {
        return formatting.ownerNode() + " " + formatting.ownerEpoch();
    }

    @Override
    public synchronized boolean isOwnerFenced(FormatState formatting) {
        return fenced.contains(ownerOf(formatting));
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
