package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;

/**
 * What is on a logical unit, as far as it decides whether a node may format it. Immutable.
 *
 * @param generation raised by every change
 * @param filesystem being made or made; empty in BLANK and where READY came from a plain write
 * @param ownerNode in FORMATTING the node that runs mkfs, otherwise empty
 * @param ownerEpoch in FORMATTING the epoch of its grant, otherwise 0
 * @param formattingEntries how often FORMATTING was entered in the life of the unit
 */
public record FormatState(
        State state,
        long generation,
        String filesystem,
        String ownerNode,
        long ownerEpoch,
        long formattingEntries) {

    /** A unit as it was made: never written. */
    public static final FormatState BLANK = new FormatState(State.BLANK, 1, "", "", 0, 0);

    /** Whether a nexus of this grant is the one that formats. */
    public boolean isOwnedBy(NexusGrant grant) {
        return state == State.FORMATTING
                && ownerNode.equals(grant.node())
                && ownerEpoch == grant.epoch();
    }

    /** The next state when this grant begins to format. */
    public FormatState formattedBy(NexusGrant grant, String newFilesystem) {
        return new FormatState(
                State.FORMATTING,
                generation + 1,
                newFilesystem,
                grant.node(),
                grant.epoch(),
                formattingEntries + 1);
    }

    /** The next state when the filesystem is made. */
    public FormatState finished() {
        return new FormatState(State.READY, generation + 1, filesystem, "", 0, formattingEntries);
    }

    /**
     * The state of a unit that begins as a copy of one in this state: blank where nothing was ever
     * written, otherwise never.
     */
    public FormatState inherited() {
        return switch (state) {
            case BLANK -> BLANK;
            case READY -> holding(filesystem);
            case FORMATTING -> throw new IllegalStateException("nobody copies a half-made one");
        };
    }

    /** The state of a unit that begins with data: with this filesystem, or in use where empty. */
    public static FormatState holding(String filesystem) {
        return new FormatState(State.READY, 1, filesystem, "", 0, 0);
    }

    /** The next state when something is written outside the protocol. */
    public FormatState inUse() {
        return new FormatState(State.READY, generation + 1, "", "", 0, formattingEntries);
    }
}
