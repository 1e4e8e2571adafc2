package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.RejectReason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The full-feature phase of a session (RFC 7143 §4.2): brings commands into CmdSN order, and hands
 * each PDU to the part that answers it.
 *
 * <p>Owned by the session's event loop. Bounded by the CmdSN window and {@link #IMMEDIATE_LIMIT}.
 */
final class FullFeaturePhase {

    /** How many commands may be in flight beside those of the window. */
    static final int IMMEDIATE_LIMIT = 32;

    private static final int CLOSE_SESSION = 0;
    private static final int CLOSE_CONNECTION = 1;
    private static final int LOGGED_OUT = 0;
    private static final int CID_NOT_FOUND = 1;
    private static final int RECOVERY_NOT_SUPPORTED = 2;

    private final Start start;
    private final int depth;
    private final CommandWindow window;
    private final Responder responder;
    private final CommandFlow flow;
    private final TaskManagement taskManagement;
    private final TextExchange text;
    private final DeviceServer device;
    private final Outbox outbox;
    private final HeldCommands held;
    private int managing;
    private boolean ending;
    private boolean heard;
    private boolean pinged;
    private int pingTag;

    /**
     * What the login leaves behind.
     *
     * @param target iSCSI name of the session's target; empty in a discovery session, which takes
     *     no SCSI commands
     * @param connectionId CID
     * @param cmdSn the first CmdSN
     * @param statSn the first StatSN
     */
    record Start(String target, int connectionId, int cmdSn, int statSn, SessionLimits limits) {
        boolean discovery() {
            return target.isEmpty();
        }
    }

    /**
     * @param targets what is granted to the initiator
     * @param inFlight counts the SCSI commands in flight, for others to see
     * @param loop brings completions to the event loop
     */
    FullFeaturePhase(
            Start start,
            SessionBounds bounds,
            DeviceServer device,
            DataOutPool pool,
            Supplier<List<GrantedTarget>> targets,
            AtomicInteger inFlight,
            Outbox outbox,
            Executor loop) {
        this.start = start;
        this.depth = bounds.queueDepth();
        this.device = device;
        this.outbox = outbox;
        this.window = new CommandWindow(depth, start.cmdSn);
        this.responder = new Responder(outbox, window, start.limits, start.statSn);
        SessionBuffers buffers = new SessionBuffers(pool, loop, bounds.dataOutBytes());
        this.flow =
                new CommandFlow(
                        device, responder, window, start.limits, buffers, inFlight, outbox, loop);
        this.held = new HeldCommands();
        this.taskManagement = new TaskManagement(flow, held, window, device, loop);
        this.text = new TextExchange(responder, targets, start.target);
    }

    void receive(InitiatorPdu pdu) {
        heard = true;
        if (ending) {
            return;
        }
        switch (pdu) {
            case DataOut data -> dataOut(data);
            case InitiatorPdu.SnackRequest snack -> reject(RejectReason.SNACK_REJECT, snack);
            case InitiatorPdu.LoginRequest login -> {
                reject(RejectReason.PROTOCOL_ERROR, login);
                stop();
            }
            case NopOut nop when nop.initiatorTaskTag() == Pdu.RESERVED_TAG -> {
                // The answer to our ping, or a sign of life: either way it was heard.
            }
            case NopOut nop -> command(nop, nop.cmdSn());
            case ScsiCommand command -> command(command, command.cmdSn());
            case TaskManagementRequest request -> command(request, request.cmdSn());
            case TextRequest request -> command(request, request.cmdSn());
            case LogoutRequest request -> command(request, request.cmdSn());
        }
    }

    /** The decoder met something that is no PDU (RFC 7143 §7.8). */
    void malformed(ProtocolException error) {
        heard = true;
        if (ending) {
            return;
        }
        outbox.refused(String.valueOf(error.getMessage()));
        if (error.header().hasRemaining()) {
            skipCmdSn(error.header());
            responder.reject(error.reason().code(), error.header());
        }
        // At error recovery level 0 a digest error ends the connection.
        if (!error.recoverable() || error.reason() == RejectReason.DATA_DIGEST_ERROR) {
            stop();
        }
    }

    /** A refused command's number counts as received, or all behind it would wait for ever. */
    private void skipCmdSn(ByteBuffer header) {
        int opcode = header.get(header.position()) & 0x7f;
        boolean immediate = (opcode & 0x40) != 0;
        boolean command = opcode <= 0x06 && opcode != 0x05 && opcode != 0x03;
        int cmdSn = header.getInt(header.position() + 24);
        if (command && !immediate && window.place(cmdSn) == CommandWindow.Place.NEXT) {
            window.taken();
            window.finished();
            deliverHeld();
        }
    }

    private void command(InitiatorPdu pdu, int cmdSn) {
        if (pdu.immediate()) {
            if (flow.size() + managing >= depth + IMMEDIATE_LIMIT) {
                reject(RejectReason.TOO_MANY_IMMEDIATE_COMMANDS, pdu);
            } else {
                deliver(pdu);
            }
            return;
        }
        switch (window.place(cmdSn)) {
            case NEXT -> {
                window.taken();
                deliver(pdu);
                deliverHeld();
            }
            case EARLY -> {
                if (!held.hold(cmdSn, pdu)) {
                    outbox.refused("too much data ahead of its turn");
                    stop();
                }
            }
            case OUTSIDE -> {
                // Dropped without an answer: RFC 7143 §4.2.2.1.
            }
        }
    }

    private void deliverHeld() {
        while (!ending && !held.isEmpty()) {
            HeldCommands.Held next = held.take(window.expCmdSn());
            if (next == null) {
                return;
            }
            window.taken();
            InitiatorPdu command = next.command();
            if (command == null) {
                window.finished();
            } else {
                deliver(command);
                next.data().forEach(flow::dataOut);
            }
        }
    }

    private void dataOut(DataOut data) {
        Boolean room = held.isEmpty() ? null : held.hold(data);
        if (room == null) {
            flow.dataOut(data);
        } else if (!room) {
            outbox.refused("too much data ahead of its turn");
            stop();
        }
    }

    private void deliver(InitiatorPdu pdu) {
        switch (pdu) {
            case ScsiCommand command when start.discovery() -> notHere(command);
            case TaskManagementRequest request when start.discovery() -> notHere(request);
            case ScsiCommand command -> {
                if (flow.has(command.initiatorTaskTag())) {
                    left(command);
                    reject(RejectReason.TASK_IN_PROGRESS, command);
                } else {
                    flow.begin(command);
                }
            }
            case NopOut nop -> {
                left(nop);
                responder.pong(nop.initiatorTaskTag(), nop.lun(), nop.data());
            }
            case TaskManagementRequest request -> {
                managing++;
                taskManagement.carryOut(
                        request,
                        response -> {
                            managing--;
                            left(request);
                            responder.taskManagement(request.initiatorTaskTag(), response);
                            if (TaskManagement.endsSessions(request, response)) {
                                stop();
                            }
                        });
                // An aborted command that is still to come may have been all that was missing.
                deliverHeld();
            }
            case TextRequest request -> {
                left(request);
                if (!text.receive(request)) {
                    reject(RejectReason.INVALID_PDU_FIELD, request);
                }
            }
            case LogoutRequest request -> logout(request);
            case DataOut d -> throw new IllegalArgumentException("not a command");
            case InitiatorPdu.LoginRequest l -> throw new IllegalArgumentException("not a command");
            case InitiatorPdu.SnackRequest s -> throw new IllegalArgumentException("not a command");
        }
    }

    /** A discovery session takes text and logout only (RFC 7143 §4.3). */
    private void notHere(InitiatorPdu pdu) {
        left(pdu);
        reject(RejectReason.COMMAND_NOT_SUPPORTED, pdu);
    }

    private void left(InitiatorPdu pdu) {
        if (!pdu.immediate()) {
            window.finished();
        }
    }

    /** RFC 7143 §11.14, §11.15: the connection closes behind the response. */
    private void logout(LogoutRequest request) {
        int reason = request.reason();
        boolean closes =
                reason == CLOSE_SESSION
                        || (reason == CLOSE_CONNECTION
                                && request.connectionId() == start.connectionId);
        if (!closes) {
            left(request);
            responder.logout(
                    request.initiatorTaskTag(),
                    reason == CLOSE_CONNECTION ? CID_NOT_FOUND : RECOVERY_NOT_SUPPORTED);
            return;
        }
        ending = true;
        flow.abort(
                task -> true,
                () -> {
                    left(request);
                    device.loggedOut();
                    responder.logout(request.initiatorTaskTag(), LOGGED_OUT);
                    outbox.close();
                });
    }

    private void reject(RejectReason reason, InitiatorPdu pdu) {
        outbox.refused(reason.name());
        ByteBuffer header = ByteBuffer.allocate(2 * Pdu.BASIC_HEADER_BYTES);
        new PduEncoder().encodeHeader(pdu, header);
        responder.reject(reason.code(), header.flip().limit(Pdu.BASIC_HEADER_BYTES));
    }

    /** Nothing goes on here: what is in flight drains unanswered once the transport has closed. */
    private void stop() {
        ending = true;
        responder.stop();
        outbox.close();
    }

    /**
     * The transport's timer: asks a silent initiator for a sign of life, and gives up on one that
     * gave none since the last time.
     */
    void timer() {
        if (heard) {
            heard = false;
            pinged = false;
        } else if (pinged) {
            outbox.refused("no answer to a ping");
            stop();
        } else {
            pinged = true;
            pingTag = (pingTag + 1) & Integer.MAX_VALUE;
            responder.ping(pingTag);
        }
    }

    /**
     * Another nexus had all tasks aborted.
     *
     * @param drained run when none of them can reach the store any more
     */
    void abortForAnother(Runnable drained) {
        flow.abortForAnother(drained);
    }

    /** There is room for reads again. */
    void writable() {
        flow.startReads();
    }

    /**
     * Ends the session: nothing is answered any more.
     *
     * @param announce whether the initiator is told first
     * @param drained run when none of its commands can reach the store any more
     */
    void end(boolean announce, Runnable drained) {
        if (announce && !ending) {
            responder.dropping(0);
        }
        ending = true;
        responder.stop();
        flow.abort(
                task -> true,
                () -> {
                    device.nexusLost();
                    drained.run();
                });
    }
}
