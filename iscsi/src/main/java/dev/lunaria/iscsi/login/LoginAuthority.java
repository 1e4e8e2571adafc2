package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapProof;
import dev.lunaria.iscsi.text.SessionType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may log in: what the target's grants say of an initiator and a target name.
 *
 * <p>Called on the connection's event loop, so it answers from memory.
 */
public interface LoginAuthority {

    /** Decides from the names alone; the proof, where it asks for one, comes afterwards. */
    Decision decide(Attempt attempt);

    /** Whether a session has this TSIH: a second connection to it is refused as one too many. */
    boolean hasSession(int tsih);

    /**
     * Who wants to log in, and to what.
     *
     * @param initiatorName as it was sent, in lower case
     * @param targetName likewise; empty in a discovery session
     * @param isid 48 bits
     */
    record Attempt(
            SessionType type,
            String initiatorName,
            String targetName,
            int portalGroupTag,
            long isid) {}

    /** What the authority says. */
    sealed interface Decision {

        /**
         * May log in, once it has proved what is asked.
         *
         * @param grant what the session carries on
         * @param initiator what the initiator must prove; null for no authentication
         * @param target what the target can prove to it; null for one-way authentication
         */
        record Granted(
                Grant grant, @Nullable ChapCredential initiator, @Nullable ChapCredential target)
                implements Decision {
            public Granted {
                if (target != null
                        && (initiator == null || target.secret().equals(initiator.secret()))) {
                    // RFC 7143 §9.2.1.
                    throw new IllegalArgumentException("each direction needs its own CHAP secret");
                }
            }
        }

        /**
         * May log in, once it has proved that it knows one of several secrets: a discovery session,
         * which is for all that is granted to the initiator.
         *
         * @param grant what the session carries on
         * @param proofs at least one
         */
        record GrantedByAny(Grant grant, List<ChapProof> proofs) implements Decision {
            public GrantedByAny {
                proofs = List.copyOf(proofs);
                if (proofs.isEmpty()) {
                    throw new IllegalArgumentException("nothing to prove");
                }
            }
        }

        /**
         * May not.
         *
         * @param status neither success nor a redirection
         * @param reason for the log
         */
        record Refused(LoginStatus status, String reason) implements Decision {
            public Refused {
                if (status.statusClass() < 2) {
                    throw new IllegalArgumentException(status + " is no refusal");
                }
            }
        }

        /**
         * The target is elsewhere.
         *
         * @param address a TargetAddress (RFC 7143 §13.8), without a portal group tag
         */
        record Moved(String address, boolean permanently) implements Decision {}
    }

    /** The grant under which a session is; whoever implements the authority knows it again. */
    interface Grant {}
}
