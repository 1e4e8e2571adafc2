package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.target.DataOutPool.Lease;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One SCSI command between its arrival and its end (RFC 7143 §4.2.2: a task).
 *
 * <p>Owned by the session's event loop, but for {@link #complete}, which the device server calls on
 * any thread. Bounded: the window's depth and the limit of immediate commands say how many there
 * are.
 */
final class Task implements DeviceServer.Completion, Runnable {

    /** How far a task has come. */
    enum State {
        /** Data-Out is on its way, or memory for it is missing. */
        COLLECTING,
        /** Waits until more may be read. */
        WAITING,
        /** The device server has it; only its completion ends the task. */
        EXECUTING,
        /** Answered, or aborted and drained. */
        ENDED
    }

    private final ScsiCommand command;
    private final int dataOutBytes;
    private final CommandFlow flow;
    private int earlyBytes;
    private int requests;
    private State state = State.COLLECTING;
    private boolean aborted;
    private boolean answeredAborted;
    private @Nullable DataOutCollector collector;
    private @Nullable Lease dataOut;
    private @Nullable CommandResult result;
    private List<Drain> drains = List.of();

    /**
     * @param command whose buffers are the task's own
     * @param dataOutBytes what the CDB says that it writes
     */
    Task(ScsiCommand command, int dataOutBytes, CommandFlow flow) {
        this.command = command;
        this.dataOutBytes = dataOutBytes;
        this.flow = flow;
    }

    ScsiCommand command() {
        return command;
    }

    /** What the CDB says that it writes, in bytes. */
    int dataOut() {
        return dataOutBytes;
    }

    /** What the initiator expects to read, in bytes. */
    long expectedIn() {
        return command.read() ? Integer.toUnsignedLong(command.expectedDataTransferLength()) : 0;
    }

    /** How many R2Ts were sent for it. */
    int requests() {
        return requests;
    }

    void requests(int sent) {
        requests = sent;
    }

    /** Sets how much unsolicited data it keeps outside its buffer, in bytes; returns the old. */
    int keepsEarly(int bytes) {
        int before = earlyBytes;
        earlyBytes = bytes;
        return before;
    }

    int tag() {
        return command.initiatorTaskTag();
    }

    State state() {
        return state;
    }

    boolean hasEnded() {
        return state == State.ENDED;
    }

    boolean isAborted() {
        return aborted;
    }

    /** Whether its initiator hears TASK ABORTED, as it didn't ask for the abort. */
    boolean isAnsweredAborted() {
        return answeredAborted;
    }

    @Nullable DataOutCollector collector() {
        return collector;
    }

    void collect(DataOutCollector with) {
        collector = with;
    }

    void waitForReads() {
        state = State.WAITING;
    }

    void executing(@Nullable Lease buffer) {
        state = State.EXECUTING;
        collector = null;
        dataOut = buffer;
    }

    /** From now on no answer goes out; returns whether the device server has it. */
    boolean abort() {
        aborted = true;
        answeredAborted = false;
        return state == State.EXECUTING;
    }

    /** From now on only TASK ABORTED goes out, or nothing where that was so already. */
    boolean abortAnswered() {
        answeredAborted = answeredAborted || !aborted;
        aborted = true;
        return state == State.EXECUTING;
    }

    /** Tells a drain when the task has ended. */
    void tell(Drain drain) {
        drain.add();
        if (drains.isEmpty()) {
            drains = new ArrayList<>(1);
        }
        drains.add(drain);
    }

    /** Ends it; the buffer that it still holds is the caller's to give back. */
    @Nullable Lease end() {
        state = State.ENDED;
        Lease held = dataOut;
        dataOut = null;
        DataOutCollector unfinished = collector;
        if (held == null && unfinished != null) {
            held = unfinished.takeBuffer();
        }
        collector = null;
        return held;
    }

    /** After the end: lets go of who waited for it. */
    void tellDrains() {
        List<Drain> waiting = drains;
        drains = List.of();
        for (Drain drain : waiting) {
            drain.ended();
        }
    }

    @Override
    public void complete(CommandResult outcome) {
        result = outcome;
        flow.loop().execute(this);
    }

    /** On the event loop, after {@link #complete}. */
    @Override
    public void run() {
        CommandResult outcome = result;
        if (outcome == null || state != State.EXECUTING) {
            throw new IllegalStateException("task completed in state " + state);
        }
        flow.completed(this, outcome);
    }
}
