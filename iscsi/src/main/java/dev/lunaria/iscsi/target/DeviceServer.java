package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import java.nio.ByteBuffer;

/**
 * The device server behind a session (SAM-5 §4.5): what carries out SCSI commands for one nexus.
 *
 * <p>Called on the session's event loop alone; never blocks. The session calls {@link #execute} for
 * at most as many commands at once as its CmdSN window holds, and waits for each {@link Completion}
 * before it calls a drain done.
 */
public interface DeviceServer {

    /** The session begins; called once, before everything else. */
    void begin(SessionControl session);

    /**
     * Looks at a command before its data moves: refuses it, or says how many bytes of Data-Out it
     * needs.
     */
    Admission admit(ScsiCommand command);

    /**
     * Carries out a command that was admitted. If it throws, it has begun nothing and completes
     * nothing; the command is answered HARDWARE ERROR.
     *
     * @param dataOut all Data-Out of it, from position to limit; direct; the callee's until it
     *     completes
     * @param completion called exactly once, at once or later, on any thread
     */
    void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion);

    /**
     * Carries out a task management function on the logical unit, after the session has drained its
     * own tasks: aborts everybody else's, and tells them by unit attentions where the function is a
     * reset (SAM-5 §7).
     *
     * @param done called exactly once, on any thread, when nothing of what was aborted can reach
     *     the store any more
     */
    void manage(UnitFunction function, Runnable done);

    /**
     * The session waits from now on for commands that it has aborted: what only holds them back
     * lets them go on. Others' commands may go on with them.
     */
    default void drainBegins() {}

    /** It waits no longer; as many times as {@link #drainBegins}. */
    default void drainEnded() {}

    /**
     * The initiator closes its session itself (RFC 7143 §11.14), so nothing waits there to go on
     * under a new one. Its commands have ended; {@link #nexusLost} follows.
     */
    default void loggedOut() {}

    /** The session ended: the nexus is lost (SAM-5 §6.3.4). All its commands have completed. */
    void nexusLost();

    /** Takes the outcome of one command. */
    interface Completion {
        void complete(CommandResult result);
    }

    /** What the device server says of a command before its data moves. */
    sealed interface Admission {
        /** Answer so at once; the command's data is thrown away. */
        record Refused(CommandResult result) implements Admission {}

        /**
         * Collect the data, then execute.
         *
         * @param dataOutBytes what the CDB says that it writes; 0 for a command without Data-Out
         */
        record Accepted(int dataOutBytes) implements Admission {}
    }
}
