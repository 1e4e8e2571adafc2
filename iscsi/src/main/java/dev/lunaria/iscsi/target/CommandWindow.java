package dev.lunaria.iscsi.target;

/**
 * The CmdSN window of a session (RFC 7143 §4.2.2.1): which command number comes next, and up to
 * which the initiator may send.
 *
 * <p>Owned by the session's event loop. A command that was taken keeps its place in the window
 * until it is answered, so that at most {@code depth} non-immediate commands are in flight.
 */
final class CommandWindow {

    /** Where a command number stands in the window. */
    enum Place {
        /** It is the next one: take it. */
        NEXT,
        /** It is in the window, but others are missing before it: hold it. */
        EARLY,
        /** Seen before or beyond MaxCmdSN: ignored without an answer (RFC 7143 §4.2.2.1). */
        OUTSIDE
    }

    private final int depth;
    private int expected;
    private int inFlight;

    /**
     * @param depth how many commands may be in flight
     * @param firstCmdSn of the leading login
     */
    CommandWindow(int depth, int firstCmdSn) {
        if (depth < 1) {
            throw new IllegalArgumentException("depth " + depth);
        }
        this.depth = depth;
        this.expected = firstCmdSn;
    }

    Place place(int cmdSn) {
        int ahead = cmdSn - expected;
        if (ahead == 0 && cmdSn - maxCmdSn() <= 0) {
            return Place.NEXT;
        }
        return ahead > 0 && cmdSn - maxCmdSn() <= 0 ? Place.EARLY : Place.OUTSIDE;
    }

    /** The next command was taken; it is in flight until {@link #finished}. */
    void taken() {
        expected++;
        inFlight++;
    }

    /** A command that was taken has been answered, or never will be. */
    void finished() {
        if (inFlight == 0) {
            throw new IllegalStateException("more commands finished than taken");
        }
        inFlight--;
    }

    int expCmdSn() {
        return expected;
    }

    int maxCmdSn() {
        return expected + depth - inFlight - 1;
    }

    int inFlight() {
        return inFlight;
    }
}
