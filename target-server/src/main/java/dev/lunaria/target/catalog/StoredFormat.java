package dev.lunaria.target.catalog;

/**
 * What is on a LUN, as far as it decides whether a node may format it; as the catalog keeps it.
 * Immutable.
 *
 * @param generation raised by every change
 * @param filesystem being made or made; empty in BLANK and where READY came from a plain write
 * @param ownerNode in FORMATTING the node that runs mkfs, otherwise empty
 * @param ownerEpoch in FORMATTING the epoch of its grant, otherwise 0
 * @param formattingEntries how often FORMATTING was entered in the life of the LUN
 */
public record StoredFormat(
        State state,
        long generation,
        String filesystem,
        String ownerNode,
        long ownerEpoch,
        long formattingEntries) {

    /** The three states; there is no way back but the punch that a takeover brings. */
    public enum State {
        BLANK,
        FORMATTING,
        READY
    }

    /** A LUN as it was made: never written. */
    public static final StoredFormat BLANK = new StoredFormat(State.BLANK, 1, "", "", 0, 0);

    /** What is assumed where nothing is known: data that nobody may format over. */
    public static final StoredFormat UNKNOWN = new StoredFormat(State.READY, 1, "", "", 0, 0);
}
