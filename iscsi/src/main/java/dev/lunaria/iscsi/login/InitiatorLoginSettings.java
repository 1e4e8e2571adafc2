package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.iscsi.text.SessionType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an initiator logs in with. Immutable.
 *
 * @param targetName null for a discovery session
 * @param isid 48 bits; the same for every login of one session
 * @param initiatorTaskTag of all the login's requests
 * @param cmdSn of the login, and of the first command after it
 * @param expStatSn 0, or what was expected next when the connection was lost
 * @param initiator what this side proves; null for no authentication
 * @param target what the target must prove; null where it need not
 * @param algorithms for CHAP, the preferred first
 */
public record InitiatorLoginSettings(
        String initiatorName,
        @Nullable String targetName,
        long isid,
        int connectionId,
        int initiatorTaskTag,
        int cmdSn,
        int expStatSn,
        @Nullable ChapCredential initiator,
        @Nullable ChapCredential target,
        List<ChapAlgorithm> algorithms,
        OperationalWants wants) {

    public InitiatorLoginSettings {
        if (target != null && (initiator == null || target.secret().equals(initiator.secret()))) {
            // RFC 7143 §9.2.1.
            throw new IllegalArgumentException("each direction needs its own CHAP secret");
        }
        algorithms = List.copyOf(algorithms);
    }

    /** A normal session's first login with the default wants, CmdSN 1 and all algorithms. */
    public static InitiatorLoginSettings of(
            String initiatorName,
            String targetName,
            long isid,
            @Nullable ChapCredential initiator,
            @Nullable ChapCredential target) {
        return new InitiatorLoginSettings(
                initiatorName,
                targetName,
                isid,
                0,
                0,
                1,
                0,
                initiator,
                target,
                ChapAlgorithm.BY_STRENGTH,
                OperationalWants.forInitiator());
    }

    /** A discovery session's login. */
    public static InitiatorLoginSettings discovery(
            String initiatorName,
            long isid,
            @Nullable ChapCredential initiator,
            @Nullable ChapCredential target) {
        return new InitiatorLoginSettings(
                initiatorName,
                null,
                isid,
                0,
                0,
                1,
                0,
                initiator,
                target,
                ChapAlgorithm.BY_STRENGTH,
                OperationalWants.forInitiator());
    }

    SessionType type() {
        return targetName == null ? SessionType.DISCOVERY : SessionType.NORMAL;
    }
}
