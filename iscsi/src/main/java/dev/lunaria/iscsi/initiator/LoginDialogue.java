package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.text.ConnectionParameters;

/** One login from the initiator's side (RFC 7143 §6), on one connection; owned by it. */
interface LoginDialogue {

    /** The first request. */
    LoginRequest first();

    /** What follows from a response. */
    Step received(LoginResponse response);

    /** What follows from a response. */
    sealed interface Step {
        /** Send this and wait for the next response. */
        record Send(LoginRequest request) implements Step {}

        /**
         * Full-feature phase.
         *
         * @param connection what the transport has to know
         * @param time2Wait DefaultTime2Wait in seconds
         */
        record Done(TransferSettings settings, ConnectionParameters connection, int time2Wait)
                implements Step {}

        /**
         * The target says no (RFC 7143 §11.13.5).
         *
         * @param statusClass 1 redirection, 2 the initiator's fault, 3 the target's fault
         */
        record Refused(int statusClass, int statusDetail, String message) implements Step {}

        /** This target isn't the one we want, or doesn't speak iSCSI. */
        record Failed(String message) implements Step {}
    }

    /** Begins a login. */
    interface Factory {
        LoginDialogue begin(int cmdSn);
    }
}
