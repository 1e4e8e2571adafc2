package dev.lunaria.target.device;

import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.CommandResult;
import dev.lunaria.iscsi.target.DeviceServer.Completion;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command being carried out for one nexus (SAM-5 §4.9).
 *
 * <p>Handed from the session's event loop to a store thread and ended there or here, exactly once.
 */
final class Task {
    private static final Logger LOG = LoggerFactory.getLogger(Task.class);
    private static final Payload NO_PAYLOAD = new Payload.Bytes(Pdu.NO_DATA);
    private static final CommandResult GOOD = result(ScsiStatus.GOOD, NO_PAYLOAD, Task::nothing);

    private final ItlNexus nexus;
    private final Completion completion;
    private final TaskGenerations.Generation generation;
    private final AtomicBoolean ended = new AtomicBoolean();

    Task(ItlNexus nexus, Completion completion) {
        this.nexus = nexus;
        this.completion = completion;
        this.generation = nexus.unit().tasks().begin();
    }

    ItlNexus nexus() {
        return nexus;
    }

    NexusGrant grant() {
        return nexus.grant();
    }

    void good() {
        end(GOOD);
    }

    void status(ScsiStatus status) {
        end(result(status, NO_PAYLOAD, Task::nothing));
    }

    /** GOOD with what was read; {@code release} gives back what is behind it. */
    void good(Payload data, Runnable release) {
        end(result(ScsiStatus.GOOD, data, release));
    }

    /** GOOD with parameter data, cut off at the allocation length (SPC-4 §4.3.5.6). */
    void good(ByteBuffer data, long allocationLength) {
        int length = (int) Math.min(data.remaining(), allocationLength);
        end(
                result(
                        ScsiStatus.GOOD,
                        new Payload.Bytes(data.slice(data.position(), length)),
                        Task::nothing));
    }

    /** CHECK CONDITION. */
    void check(SenseData sense) {
        end(checkCondition(nexus.unit(), sense));
    }

    void check(SenseKey key, AdditionalSense additional) {
        check(SenseData.of(key, additional));
    }

    /** The store failed: the one map from its reasons to status and sense data. */
    void failed(StoreException cause) {
        switch (cause.reason()) {
            case NO_SPACE -> {
                if (nexus.unit().isFullTransiently()) {
                    status(ScsiStatus.BUSY);
                } else {
                    check(SenseKey.DATA_PROTECT, AdditionalSense.SPACE_ALLOCATION_FAILED);
                }
            }
            case READ -> check(SenseKey.MEDIUM_ERROR, AdditionalSense.UNRECOVERED_READ_ERROR);
            case WRITE -> check(SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR);
            case FLUSH -> check(SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
            // The target is stopping or the queue is full: both pass, so the initiator comes again.
            case BUSY, CLOSED -> status(ScsiStatus.BUSY);
        }
    }

    /**
     * A step of the command came upon a bug, or upon the end of memory: HARDWARE ERROR, once and
     * with one line in the log, so that nobody waits for it for ever.
     */
    void broke(Throwable cause) {
        LOG.atError()
                .addKeyValue("lun", nexus.unit().identity().id())
                .addKeyValue("initiator", nexus.nexus().initiatorName())
                .setCause(cause)
                .log("A SCSI command failed within the target; it is answered HARDWARE ERROR");
        if (!ended.get()) {
            check(SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        }
    }

    /** Runs a step of the command: one that throws has broken it. */
    void step(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            broke(e);
        }
    }

    boolean hasEnded() {
        return ended.get();
    }

    private void end(CommandResult result) {
        if (!ended.compareAndSet(false, true)) {
            throw new IllegalStateException("a command ended twice");
        }
        try {
            completion.complete(result);
        } finally {
            generation.exit();
        }
    }

    private static CommandResult result(ScsiStatus status, Payload data, Runnable release) {
        return new CommandResult(status.code(), Pdu.NO_DATA, data, release);
    }

    static CommandResult checkCondition(LogicalUnit unit, SenseData sense) {
        return new CommandResult(
                ScsiStatus.CHECK_CONDITION.code(),
                sense.encode(unit.modes().descriptorSense()),
                NO_PAYLOAD,
                Task::nothing);
    }

    static CommandResult refusal(ScsiStatus status) {
        return result(status, NO_PAYLOAD, Task::nothing);
    }

    private static void nothing() {}
}
