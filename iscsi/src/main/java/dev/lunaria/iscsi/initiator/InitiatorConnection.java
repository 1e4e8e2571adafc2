package dev.lunaria.iscsi.initiator;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The full-feature phase of one connection (RFC 7143 §4.2): numbers, data, pings, task management,
 * logout.
 *
 * <p>Owned by its {@link InitiatorSession}, on its event loop. At most {@link
 * RecoverySettings#maxInFlight} commands are out. Any breach of protocol is a {@link
 * ProtocolViolation}, after which the connection is of no use (error recovery level 0).
 */
final class InitiatorConnection {
    private static final int CONNECTION_ID = 0;
    private static final int FUNCTION_COMPLETE = 0;
    private static final int TASK_DOES_NOT_EXIST = 1;
    private static final int ABORT_TASK = 1;
    private static final int LOGICAL_UNIT_RESET = 5;
    private static final int CLOSE_SESSION = 0;

    private final RecoverySettings times;
    private final TransferSettings transfer;
    private final SessionDriver driver;
    private final Owner owner;
    private final CommandWindow window;
    private final Map<Integer, Task> tasks = new LinkedHashMap<>();

    private int expStatSn;
    private int nextTag;
    private long lastHeard;
    private long lastTick;
    private @Nullable Ping ping;
    private @Nullable Management management;
    private int logoutTag = Pdu.RESERVED_TAG;

    /** What a connection tells its session. */
    interface Owner {
        /** A command was answered; the connection has forgotten it. */
        void answered(Task task, ScsiAnswer answer);

        /** Commands that were aborted by us and are to be sent again, in order. */
        void aborted(List<Task> tasks);

        /** An asynchronous message (RFC 7143 §11.9). */
        void message(TargetPdu.AsyncMessage message);

        /** The target refused a PDU of ours; {@code task} where it was that one's command. */
        void rejected(TargetPdu.Reject reject, @Nullable Task task);

        /** Logged out (RFC 7143 §11.15). */
        void loggedOut(TargetPdu.LogoutResponse response);
    }

    private record Ping(int tag, long sentAt) {}

    /**
     * A task management request that is out.
     *
     * @param task null: LOGICAL UNIT RESET
     * @param cmdSn of the request: commands from this number on were sent behind it
     */
    private record Management(int tag, @Nullable Task task, long lun, int cmdSn, long sentAt) {

        /** Whether a reset ended that task (RFC 7143 §4.2.3.3). */
        boolean covers(Task other) {
            return other.request.lun() == lun && other.cmdSn() - cmdSn < 0;
        }
    }

    InitiatorConnection(
            RecoverySettings times,
            TransferSettings transfer,
            SessionDriver driver,
            Owner owner,
            int firstCmdSn,
            TargetPdu.LoginResponse last,
            long now) {
        this.times = times;
        this.transfer = transfer;
        this.driver = driver;
        this.owner = owner;
        window = new CommandWindow(firstCmdSn);
        window.update(last.expCmdSn(), last.maxCmdSn());
        expStatSn = last.statSn() + 1;
        lastHeard = now;
        lastTick = now;
    }

    boolean canSend() {
        return tasks.size() < times.maxInFlight() && window.isOpen();
    }

    boolean isIdle() {
        return tasks.isEmpty();
    }

    /** What is out, in the order of CmdSN. */
    List<Task> outstanding() {
        return new ArrayList<>(tasks.values());
    }

    /** Sends a command with its unsolicited data; {@link #canSend} must hold. */
    void send(Task task, long now) {
        ScsiRequest request = task.request;
        int outLength = request.dataOut().remaining();
        task.begin(newTag(), window.take(), now);
        tasks.put(task.tag(), task);
        int immediate = transfer.immediate(outLength);
        int unsolicited = transfer.unsolicited(outLength);
        driver.send(
                new InitiatorPdu.ScsiCommand(
                        false,
                        immediate == unsolicited,
                        request.dataIn().hasRemaining(),
                        outLength > 0,
                        TaskAttribute.SIMPLE,
                        request.lun(),
                        task.tag(),
                        request.expectedLength(),
                        task.cmdSn(),
                        expStatSn,
                        request.cdb(),
                        0,
                        task.takeOut(immediate)));
        if (unsolicited > immediate) {
            sendData(task, Pdu.RESERVED_TAG, unsolicited - immediate);
        }
    }

    /** One sequence of Data-Out, cut to the target's MaxRecvDataSegmentLength. */
    private void sendData(Task task, int transferTag, int length) {
        int dataSn = 0;
        int left = length;
        while (left > 0) {
            int part = Math.min(left, transfer.maxSendSegment());
            left -= part;
            int offset = task.sent();
            driver.send(
                    new InitiatorPdu.DataOut(
                            left == 0,
                            task.request.lun(),
                            task.tag(),
                            transferTag,
                            expStatSn,
                            dataSn++,
                            offset,
                            task.takeOut(part)));
        }
    }

    /** Ends the session at the target; nothing may be sent after it. */
    void logout() {
        logoutTag = newTag();
        driver.send(
                new InitiatorPdu.LogoutRequest(
                        true,
                        CLOSE_SESSION,
                        logoutTag,
                        CONNECTION_ID,
                        window.current(),
                        expStatSn));
    }

    /** Takes what the target sent. */
    void received(TargetPdu pdu, long now) {
        lastHeard = now;
        switch (pdu) {
            case TargetPdu.DataIn data -> dataIn(data);
            case TargetPdu.ScsiResponse response -> scsiResponse(response);
            case TargetPdu.ReadyToTransfer r2t -> {
                learn(r2t);
                Task task = task(r2t.initiatorTaskTag());
                task.check(r2t);
                sendData(task, r2t.targetTransferTag(), r2t.desiredDataTransferLength());
            }
            case TargetPdu.NopIn nop -> nopIn(nop);
            case TargetPdu.TaskManagementResponse response -> managementResponse(response, now);
            case TargetPdu.AsyncMessage message -> {
                status(message.statSn());
                learn(message);
                owner.message(message);
            }
            case TargetPdu.Reject reject -> {
                status(reject.statSn());
                learn(reject);
                rejected(reject);
            }
            case TargetPdu.LogoutResponse response -> {
                if (logoutTag == Pdu.RESERVED_TAG || response.initiatorTaskTag() != logoutTag) {
                    throw new ProtocolViolation("a logout response that nobody asked for");
                }
                owner.loggedOut(response);
            }
            case TargetPdu.TextResponse response ->
                    throw new ProtocolViolation("a text response that nobody asked for");
            case TargetPdu.LoginResponse response ->
                    throw new ProtocolViolation("a login response in full-feature phase");
        }
    }

    private void dataIn(TargetPdu.DataIn data) {
        learn(data);
        Task task = task(data.initiatorTaskTag());
        task.accept(data);
        if (data.withStatus()) {
            status(data.statSn());
            answered(task, 0, data.status(), Pdu.NO_DATA, data.residual());
        }
    }

    private void scsiResponse(TargetPdu.ScsiResponse response) {
        status(response.statSn());
        learn(response);
        Task task = task(response.initiatorTaskTag());
        answered(
                task,
                response.response(),
                response.status(),
                SenseSegment.sense(response.data()),
                response.residual());
    }

    private void answered(
            Task task, int response, int status, ByteBuffer sense, Residual residual) {
        boolean good = response == 0 && status == 0;
        int transferred = task.transferred(good, residual);
        tasks.remove(task.tag());
        owner.answered(task, new ScsiAnswer(response, status, sense, transferred, residual));
    }

    private void nopIn(TargetPdu.NopIn nop) {
        learn(nop);
        if (nop.initiatorTaskTag() != Pdu.RESERVED_TAG) {
            status(nop.statSn());
            if (ping == null || ping.tag() != nop.initiatorTaskTag()) {
                throw new ProtocolViolation("an answer to a ping that wasn't sent");
            }
            ping = null;
        } else if (nop.targetTransferTag() != Pdu.RESERVED_TAG) {
            driver.send(
                    new InitiatorPdu.NopOut(
                            true,
                            nop.lun(),
                            Pdu.RESERVED_TAG,
                            nop.targetTransferTag(),
                            window.current(),
                            expStatSn,
                            Pdu.NO_DATA));
        }
    }

    private void rejected(TargetPdu.Reject reject) {
        ByteBuffer header = reject.data();
        Task task = null;
        if (header.remaining() >= Pdu.BASIC_HEADER_BYTES) {
            task = tasks.get(header.getInt(header.position() + 16));
        }
        owner.rejected(reject, task);
    }

    /** Looks at what has taken too long; throws where the connection is to be given up. */
    void tick(long now) {
        if (now - lastTick > times.nopInterval().toNanos()) {
            // This process stood still: what the target sent meanwhile has yet to be read.
            lastHeard = now;
            if (ping != null) {
                ping = new Ping(ping.tag(), now);
            }
        }
        lastTick = now;
        if (ping != null) {
            long quiet = Math.min(now - ping.sentAt(), now - lastHeard);
            if (quiet >= times.nopTimeout().toNanos()) {
                throw new ProtocolViolation(
                        "no answer to a ping for " + times.nopTimeout().toSeconds() + " s");
            }
        } else if (now - lastHeard >= times.nopInterval().toNanos()) {
            sendPing(now);
        }
        if (management != null) {
            managementOverdue(management, now);
        } else {
            commandOverdue(now);
        }
    }

    private void sendPing(long now) {
        ping = new Ping(newTag(), now);
        driver.send(
                new InitiatorPdu.NopOut(
                        true,
                        0,
                        ping.tag(),
                        Pdu.RESERVED_TAG,
                        window.current(),
                        expStatSn,
                        Pdu.NO_DATA));
    }

    private void commandOverdue(long now) {
        if (tasks.isEmpty()) {
            return;
        }
        Task oldest = tasks.values().iterator().next();
        if (now - oldest.sentAt() >= times.commandTimeout().toNanos()) {
            manage(ABORT_TASK, oldest, oldest.request.lun(), now);
        }
    }

    private void managementOverdue(Management out, long now) {
        long waited = now - out.sentAt();
        if (out.task() != null && waited >= times.abortTimeout().toNanos()) {
            manage(LOGICAL_UNIT_RESET, null, out.lun(), now);
        } else if (out.task() == null && waited >= times.resetTimeout().toNanos()) {
            throw new ProtocolViolation("a logical unit reset isn't answered");
        }
    }

    /** Sends a task management request (RFC 7143 §11.5); a null task is the whole logical unit. */
    private void manage(int function, @Nullable Task task, long lun, long now) {
        management = new Management(newTag(), task, lun, window.current(), now);
        driver.send(
                new InitiatorPdu.TaskManagementRequest(
                        true,
                        function,
                        lun,
                        management.tag(),
                        task == null ? Pdu.RESERVED_TAG : task.tag(),
                        management.cmdSn(),
                        expStatSn,
                        task == null ? 0 : task.cmdSn(),
                        0));
    }

    private void managementResponse(TargetPdu.TaskManagementResponse response, long now) {
        status(response.statSn());
        learn(response);
        Management out = management;
        if (out == null || out.tag() != response.initiatorTaskTag()) {
            return; // An abort that a reset has overtaken.
        }
        management = null;
        boolean done = response.response() == FUNCTION_COMPLETE;
        Task task = out.task();
        if (task == null) {
            if (!done) {
                throw new ProtocolViolation(
                        "a logical unit reset was refused: " + response.response());
            }
            List<Task> ended = new ArrayList<>(tasks.values());
            ended.removeIf(t -> !out.covers(t));
            ended.forEach(t -> tasks.remove(t.tag()));
            owner.aborted(ended);
        } else if (done || response.response() == TASK_DOES_NOT_EXIST) {
            if (tasks.remove(task.tag(), task)) {
                owner.aborted(List.of(task));
            }
        } else {
            manage(LOGICAL_UNIT_RESET, null, out.lun(), now);
        }
    }

    private void learn(TargetPdu pdu) {
        window.update(pdu.expCmdSn(), pdu.maxCmdSn());
    }

    /** Status comes in order and without gaps (RFC 7143 §4.2.2.2). */
    private void status(int statSn) {
        if (statSn != expStatSn) {
            throw new ProtocolViolation(
                    "StatSN "
                            + Integer.toUnsignedString(statSn)
                            + " instead of "
                            + Integer.toUnsignedString(expStatSn));
        }
        expStatSn++;
    }

    @CheckReturnValue
    private Task task(int tag) {
        Task task = tasks.get(tag);
        if (task == null) {
            throw new ProtocolViolation("no task has the tag " + Integer.toHexString(tag));
        }
        return task;
    }

    private int newTag() {
        do {
            nextTag++;
        } while (nextTag == Pdu.RESERVED_TAG || tasks.containsKey(nextTag));
        return nextTag;
    }
}
