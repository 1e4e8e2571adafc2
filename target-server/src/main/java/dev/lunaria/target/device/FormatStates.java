package dev.lunaria.target.device;

import dev.lunaria.target.store.StoreException;

/**
 * Where the format state of one logical unit is kept; implemented over the catalog.
 *
 * <p>Any thread. Who may change what is decided by the logical unit: here is only the durable
 * compare-and-set.
 */
public interface FormatStates {

    /** The last durable state; never blocks. */
    FormatState current();

    /**
     * Compares and sets, durably when it returns. May block: called on the executor that the
     * logical unit was given, never on an event loop.
     *
     * @return whether the state was {@code expected}
     * @throws StoreException it may or may not have become durable; {@link #current} tells which
     *     holds for now
     */
    boolean change(FormatState expected, FormatState next) throws StoreException;

    /**
     * Whether the owner of a FORMATTING state can't write any more: its node's pair isn't at this
     * epoch any more, and what its sessions had in flight is drained. Never blocks.
     */
    boolean isOwnerFenced(FormatState state);
}
