package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.iscsi.text.SessionParameters;

/**
 * A login that succeeded, seen from the target. Immutable.
 *
 * @param targetName empty in a discovery session
 * @param isid 48 bits
 * @param expCmdSn CmdSN of the first command in the full-feature phase
 * @param nextStatSn StatSN of the first response after the login's last
 */
public record TargetLoginResult(
        String initiatorName,
        String targetName,
        long isid,
        int portalGroupTag,
        int connectionId,
        int expCmdSn,
        int nextStatSn,
        SessionParameters session,
        ConnectionParameters connection,
        LoginAuthority.Grant grant) {}
