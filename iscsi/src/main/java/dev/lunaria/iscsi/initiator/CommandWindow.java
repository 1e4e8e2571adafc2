package dev.lunaria.iscsi.initiator;

/**
 * Which CmdSN comes next, and up to which the target takes commands (RFC 7143 §4.2.2.1).
 *
 * <p>Owned by its connection. Numbers are serial numbers of 32 bits (RFC 1982).
 */
final class CommandWindow {
    private int cmdSn;
    private int expCmdSn;
    private int maxCmdSn;

    CommandWindow(int firstCmdSn) {
        cmdSn = firstCmdSn;
        expCmdSn = firstCmdSn;
        maxCmdSn = firstCmdSn - 1;
    }

    /** The CmdSN of the next command that isn't immediate; an immediate one carries it too. */
    int current() {
        return cmdSn;
    }

    boolean isOpen() {
        return maxCmdSn - cmdSn >= 0;
    }

    /** Takes the current CmdSN; the window must be open. */
    int take() {
        if (!isOpen()) {
            throw new IllegalStateException("the window is closed at " + cmdSn);
        }
        return cmdSn++;
    }

    /** Learns from a target's PDU; an answer that was overtaken by a newer one changes nothing. */
    void update(int newExpCmdSn, int newMaxCmdSn) {
        if (newMaxCmdSn - (newExpCmdSn - 1) < 0) {
            return;
        }
        if (newExpCmdSn - expCmdSn > 0) {
            expCmdSn = newExpCmdSn;
        }
        if (newMaxCmdSn - maxCmdSn > 0) {
            maxCmdSn = newMaxCmdSn;
        }
    }
}
