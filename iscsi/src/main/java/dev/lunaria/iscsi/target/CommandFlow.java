package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.DataOutPool.Lease;
import dev.lunaria.iscsi.target.DeviceServer.Admission;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries SCSI commands from their arrival to their answer: admission, Data-Out, execution,
 * abortion (RFC 7143 §4.2.5, §11.3, §11.7).
 *
 * <p>Owned by the session's event loop. Bounded: commands by the window, Data-Out by {@link
 * SessionBuffers}, unsolicited data without a buffer by {@link #EARLY_LIMIT}, reads in progress by
 * {@link #READ_LIMIT} and by the outbox.
 */
final class CommandFlow {

    /** Unsolicited data that may wait for its buffer, over all commands of a session, in bytes. */
    static final int EARLY_LIMIT = 8 << 20;

    /** Reads that may be in progress in a session, in bytes; one alone may exceed it. */
    static final int READ_LIMIT = 16 << 20;

    private static final ByteBuffer NO_DATA_OUT = ByteBuffer.allocateDirect(0);

    private final DeviceServer device;
    private final Responder responder;
    private final CommandWindow window;
    private final SessionLimits limits;
    private final SessionBuffers buffers;
    private final AtomicInteger inFlight;
    private final Outbox outbox;
    private final Executor loop;
    private final Map<Integer, Task> tasks = new HashMap<>();
    private final ArrayDeque<Task> waitingReads = new ArrayDeque<>();
    private long readsInProgress;
    private int earlyInUse;
    private int nextTransferTag = 1;

    CommandFlow(
            DeviceServer device,
            Responder responder,
            CommandWindow window,
            SessionLimits limits,
            SessionBuffers buffers,
            AtomicInteger inFlight,
            Outbox outbox,
            Executor loop) {
        this.device = device;
        this.responder = responder;
        this.window = window;
        this.limits = limits;
        this.buffers = buffers;
        this.inFlight = inFlight;
        this.outbox = outbox;
        this.loop = loop;
    }

    Executor loop() {
        return loop;
    }

    int size() {
        return tasks.size();
    }

    boolean has(int initiatorTaskTag) {
        return tasks.containsKey(initiatorTaskTag);
    }

    /** Begins a command whose CmdSN was taken; its buffers are the caller's after this turn. */
    void begin(ScsiCommand command) {
        DataViolation violation = DataOutCollector.check(limits, command);
        if (violation != null) {
            refuse(command, violation);
            return;
        }
        switch (admit(command)) {
            case Admission.Refused(CommandResult result) -> {
                left(command);
                responder.answer(command, result, 0, 0);
            }
            case Admission.Accepted(int dataOut) -> accepted(command, dataOut);
        }
    }

    private Admission admit(ScsiCommand command) {
        try {
            return device.admit(command);
        } catch (RuntimeException | Error e) {
            return new Admission.Refused(failed(e));
        }
    }

    /** A bug in the device server, or the end of memory, costs one command and no session. */
    private CommandResult failed(Throwable cause) {
        outbox.refused("SCSI Command, which failed within the target: " + cause);
        SenseData sense =
                SenseData.of(SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        return new CommandResult(
                ScsiStatus.CHECK_CONDITION.code(),
                sense.encodeFixed(),
                new Payload.Bytes(Pdu.NO_DATA),
                () -> {});
    }

    private void accepted(ScsiCommand command, int dataOut) {
        if (dataOut > 0 && !command.write()) {
            refuse(command, DataViolation.INVALID_FIELD_IN_INFORMATION_UNIT);
            return;
        }
        Task task = new Task(own(command), dataOut, this);
        tasks.put(task.tag(), task);
        inFlight.setOpaque(tasks.size());
        long expected = Integer.toUnsignedLong(command.expectedDataTransferLength());
        int wanted = (int) Math.min(dataOut, command.write() ? expected : 0);
        if (wanted == 0) {
            startOrWait(task);
        } else {
            collect(task, wanted, expected, command.data());
        }
    }

    /** The command without its data, which is the decoder's. */
    private static ScsiCommand own(ScsiCommand c) {
        if (!c.data().hasRemaining()) {
            return c;
        }
        return new ScsiCommand(
                c.immediate(),
                c.last(),
                c.read(),
                c.write(),
                c.attribute(),
                c.lun(),
                c.initiatorTaskTag(),
                c.expectedDataTransferLength(),
                c.cmdSn(),
                c.expStatSn(),
                c.cdb(),
                c.bidirectionalReadLength(),
                Pdu.NO_DATA);
    }

    private void collect(Task task, int wanted, long expected, ByteBuffer immediate) {
        DataOutCollector collector = new DataOutCollector(limits, task.command(), wanted, expected);
        task.collect(collector);
        Lease buffer = buffers.take(wanted);
        if (buffer != null) {
            collector.granted(buffer);
        } else if (immediate.hasRemaining() || collector.expectsUnsolicited()) {
            if (earlyInUse + collector.earlyBytes() > EARLY_LIMIT) {
                end(task);
                responder.refuse(task.command(), ScsiStatus.TASK_SET_FULL, Pdu.NO_DATA);
                task.tellDrains();
                return;
            }
            earlyInUse += collector.earlyBytes();
            task.keepsEarly(collector.earlyBytes());
            collector.keepEarlyIn(ByteBuffer.allocate(collector.earlyBytes()));
        }
        collector.immediate(immediate);
        if (buffer == null) {
            buffers.await(task, wanted, granted -> granted(task, collector, granted));
        } else {
            advance(task, collector);
        }
    }

    private void granted(Task task, DataOutCollector collector, Lease buffer) {
        collector.granted(buffer);
        earlyInUse -= task.keepsEarly(0);
        advance(task, collector);
    }

    /** Takes a Data-Out PDU; what belongs to no collecting task is thrown away. */
    void dataOut(DataOut pdu) {
        Task task = tasks.get(pdu.initiatorTaskTag());
        DataOutCollector collector = task == null ? null : task.collector();
        if (task == null || collector == null) {
            return;
        }
        DataViolation violation = collector.accept(pdu);
        if (violation == null) {
            advance(task, collector);
            return;
        }
        outbox.refused("Data-Out: " + violation);
        end(task);
        responder.refuse(task.command(), ScsiStatus.CHECK_CONDITION, violation.sense());
        task.tellDrains();
    }

    /** Asks for more data, or executes when all of it is there. */
    private void advance(Task task, DataOutCollector collector) {
        if (collector.isComplete()) {
            task.requests(collector.requests());
            execute(task, collector.takeBuffer());
            return;
        }
        for (DataOutCollector.Request request = collector.nextRequest(nextTransferTag);
                request != null;
                request = collector.nextRequest(nextTransferTag)) {
            responder.readyToTransfer(task.command(), request);
            nextTransferTag = nextTransferTag + 1 == Pdu.RESERVED_TAG ? 1 : nextTransferTag + 1;
        }
    }

    private void startOrWait(Task task) {
        if (task.expectedIn() == 0 || (waitingReads.isEmpty() && mayRead(task))) {
            execute(task, null);
        } else {
            task.waitForReads();
            waitingReads.add(task);
        }
    }

    private boolean mayRead(Task task) {
        return outbox.writable()
                && (readsInProgress == 0 || readsInProgress + task.expectedIn() <= READ_LIMIT);
    }

    /** There may be room for reads again. */
    void startReads() {
        while (!waitingReads.isEmpty()) {
            Task first = waitingReads.peek();
            if (first.hasEnded()) {
                waitingReads.remove();
            } else if (mayRead(first)) {
                waitingReads.remove();
                execute(first, null);
            } else {
                return;
            }
        }
    }

    private void execute(Task task, @Nullable Lease dataOut) {
        readsInProgress += task.expectedIn();
        task.executing(dataOut);
        try {
            device.execute(task.command(), dataOut == null ? NO_DATA_OUT : dataOut.buffer(), task);
        } catch (RuntimeException | Error e) {
            if (task.hasEnded()) {
                throw e;
            }
            completed(task, failed(e));
        }
    }

    /** The device server has completed a task; on the event loop. */
    void completed(Task task, CommandResult result) {
        readsInProgress -= task.expectedIn();
        end(task);
        if (task.isAborted()) {
            result.release().run();
            if (task.isAnsweredAborted()) {
                responder.refuse(task.command(), ScsiStatus.TASK_ABORTED, Pdu.NO_DATA);
            }
        } else {
            responder.answer(task.command(), result, task.dataOut(), task.requests());
        }
        task.tellDrains();
        startReads();
    }

    private void end(Task task) {
        earlyInUse -= task.keepsEarly(0);
        Lease held = task.end();
        tasks.remove(task.tag(), task);
        inFlight.setOpaque(tasks.size());
        left(task.command());
        if (held != null) {
            buffers.give(held);
        }
    }

    private void left(ScsiCommand command) {
        if (!command.immediate()) {
            window.finished();
        }
    }

    private void refuse(ScsiCommand command, DataViolation violation) {
        outbox.refused("SCSI Command: " + violation);
        left(command);
        responder.refuse(command, ScsiStatus.CHECK_CONDITION, violation.sense());
    }

    /**
     * Aborts all tasks because another nexus asks for it: each is answered TASK ABORTED.
     *
     * @param drained run, now or later, when nothing of them can reach the store any more
     */
    void abortForAnother(Runnable drained) {
        Drain drain = new Drain(drained);
        for (Task task : List.copyOf(tasks.values())) {
            if (task.abortAnswered()) {
                task.tell(drain);
            } else {
                end(task);
                responder.refuse(task.command(), ScsiStatus.TASK_ABORTED, Pdu.NO_DATA);
                task.tellDrains();
            }
        }
        drain.ended();
    }

    /**
     * Aborts tasks: none of them is answered any more.
     *
     * @param drained run, now or later, when nothing of them can reach the store any more
     * @return how many were aborted
     */
    int abort(Predicate<Task> which, Runnable drained) {
        List<Task> chosen = new ArrayList<>();
        for (Task task : tasks.values()) {
            if (which.test(task)) {
                chosen.add(task);
            }
        }
        List<Task> begun = new ArrayList<>();
        for (Task task : chosen) {
            if (task.abort()) {
                begun.add(task);
            } else {
                end(task);
                task.tellDrains();
            }
        }
        drain(begun, drained);
        return chosen.size();
    }

    private void drain(List<Task> begun, Runnable drained) {
        if (begun.isEmpty()) {
            drained.run();
            return;
        }
        Drain drain =
                new Drain(() -> {
                    device.drainEnded();
                    drained.run();
                });
        begun.forEach(task -> task.tell(drain));
        device.drainBegins();
        drain.ended();
    }
}
