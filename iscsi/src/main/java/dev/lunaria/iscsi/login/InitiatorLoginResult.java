package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.SessionParameters;

/**
 * A login that succeeded, seen from the initiator. Immutable.
 *
 * @param cmdSn of the first command in the full-feature phase
 * @param expStatSn StatSN of the first response after the login's last
 * @param targetPortalGroupTag as the target said; -1 where it did not
 */
public record InitiatorLoginResult(
        int tsih,
        int cmdSn,
        int expCmdSn,
        int maxCmdSn,
        int expStatSn,
        int targetPortalGroupTag,
        SessionParameters session,
        ConnectionParameters connection) {}
