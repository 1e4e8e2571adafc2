package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import org.jspecify.annotations.Nullable;

/** CmdSN and StatSN of one simulated session, checked at every PDU (RFC 7143 §4.2.2). */
final class SimNumbers {
    int cmdSn;
    int statSn;
    private int expCmdSn;
    private int maxCmdSn;

    SimNumbers(int firstCmdSn) {
        cmdSn = firstCmdSn;
        expCmdSn = firstCmdSn;
        maxCmdSn = firstCmdSn - 1;
    }

    void loggedIn(LoginResponse response) {
        statSn = response.statSn() + 1;
        expCmdSn = response.expCmdSn();
        maxCmdSn = response.maxCmdSn();
    }

    /** Whether the window is open. */
    boolean maySend() {
        return cmdSn - maxCmdSn <= 0;
    }

    void check(TargetPdu pdu) {
        SimWorld.check(pdu.expCmdSn() - expCmdSn >= 0, "ExpCmdSN goes back");
        SimWorld.check(pdu.maxCmdSn() - maxCmdSn >= 0, "MaxCmdSN goes back");
        SimWorld.check(cmdSn - pdu.expCmdSn() >= 0, "ExpCmdSN was never sent");
        int width = pdu.maxCmdSn() - pdu.expCmdSn() + 1;
        SimWorld.check(width >= 0 && width <= SimTarget.BOUNDS.queueDepth(), "window " + width);
        expCmdSn = pdu.expCmdSn();
        maxCmdSn = pdu.maxCmdSn();
        Integer sn = statSn(pdu);
        if (sn != null) {
            SimWorld.check(sn == statSn, "StatSN " + sn + " instead of " + statSn);
            statSn++;
        }
    }

    /** The StatSN that a PDU takes; null if it takes none. */
    private static @Nullable Integer statSn(TargetPdu pdu) {
        return switch (pdu) {
            case DataIn p -> p.withStatus() ? p.statSn() : null;
            case ScsiResponse p -> p.statSn();
            case NopIn p -> p.initiatorTaskTag() == Pdu.RESERVED_TAG ? null : p.statSn();
            case TargetPdu.TaskManagementResponse p -> p.statSn();
            case TargetPdu.LogoutResponse p -> p.statSn();
            case TargetPdu.AsyncMessage p -> p.statSn();
            case TargetPdu.TextResponse p -> p.statSn();
            case TargetPdu.Reject p -> p.statSn();
            case ReadyToTransfer p -> null;
            case LoginResponse p -> p.statSn();
        };
    }
}
