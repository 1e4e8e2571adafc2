package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.FormatCommand;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Formatted once, provably: BLANK → FORMATTING(owner, filesystem) → READY, and nobody writes
 * outside it unnoticed.
 *
 * <p>Any thread; without state of its own: each step is one durable compare-and-set. What may block
 * runs on the unit's pool.
 *
 * <ul>
 *   <li>A write to a BLANK unit makes it READY, in use, durably before its GOOD. Giving back space
 *       writes nothing, and nothing but the takeover of an abandoned FORMATTING makes a unit blank.
 *   <li>While FORMATTING only the owner writes.
 *   <li>A takeover first becomes the owner, then blanks: so a crash between leaves a FORMATTING
 *       that must be begun again, and two that take over never blank each other's filesystem.
 *   <li>READY is never formatted again.
 * </ul>
 */
final class FormatProtocol {
    private static final SenseData ANOTHER_GENERATION =
            SenseData.of(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
    private static final SenseData SOMEBODY_ELSES =
            SenseData.of(SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
    private static final int FILESYSTEM_AT = 16;

    private final LogicalUnit unit;
    private final FormatStates states;

    FormatProtocol(LogicalUnit unit, FormatStates states) {
        this.unit = unit;
        this.states = states;
    }

    /** Page C0h as this nexus sees it. */
    FormatStatePage page(NexusGrant grant) {
        FormatState state = states.current();
        boolean formatting = state.state() == State.FORMATTING;
        return new FormatStatePage(
                state.state(),
                state.isOwnedBy(grant),
                formatting && states.isOwnerFenced(state),
                state.generation(),
                state.formattingEntries(),
                state.filesystem(),
                state.ownerEpoch(),
                state.ownerNode());
    }

    /** Runs {@code write} once it is recorded that the unit holds data; or refuses the task. */
    void beforeWrite(Task task, Runnable write) {
        FormatState state = states.current();
        switch (state.state()) {
            case READY -> write.run();
            case BLANK -> unit.onPool(task, () -> leaveBlank(task, write));
            case FORMATTING -> {
                if (state.isOwnedBy(task.grant())) {
                    write.run();
                } else {
                    task.check(SOMEBODY_ELSES);
                }
            }
        }
    }

    /** Runs {@code unmap} unless somebody else formats: it leaves a blank unit blank. */
    void beforeUnmap(Task task, Runnable unmap) {
        if (states.current().state() == State.BLANK) {
            unmap.run();
        } else {
            beforeWrite(task, unmap);
        }
    }

    /**
     * Why the next part of an unmap must not be carried out; null if it may: somebody may have
     * begun to format meanwhile.
     */
    @Nullable SenseData whyNotUnmap(Task task) {
        FormatState state = states.current();
        boolean others = state.state() == State.FORMATTING && !state.isOwnedBy(task.grant());
        return others ? SOMEBODY_ELSES : null;
    }

    private void leaveBlank(Task task, Runnable write) throws StoreException {
        FormatState state = states.current();
        while (state.state() == State.BLANK) {
            // Where somebody else was faster, his state is the current one now.
            states.change(state, state.inUse());
            state = states.current();
        }
        beforeWrite(task, write);
    }

    /** Carries out the vendor command C1h. */
    void change(Task task, OperationCode operation, ByteBuffer list) throws CheckCondition {
        FormatCommand command = FormatCommand.parse(list);
        if (operation == OperationCode.FORMAT_STATE_BEGIN) {
            if (command.filesystem().isEmpty()) {
                throw new CheckCondition(SenseData.invalidParameter(FILESYSTEM_AT, -1));
            }
            unit.onPool(task, () -> begin(task, command));
        } else {
            unit.onPool(task, () -> finish(task, command));
        }
    }

    private void begin(Task task, FormatCommand command) throws StoreException {
        FormatState state = states.current();
        if (state.generation() != command.generation()) {
            task.check(ANOTHER_GENERATION);
            return;
        }
        switch (state.state()) {
            case READY ->
                    task.check(SenseKey.DATA_PROTECT, AdditionalSense.PERMANENT_WRITE_PROTECT);
            case BLANK -> enter(task, state, command.filesystem(), task::good);
            case FORMATTING -> {
                if (state.isOwnedBy(task.grant()) || states.isOwnerFenced(state)) {
                    enter(task, state, command.filesystem(), () -> blank(task));
                } else {
                    task.check(SOMEBODY_ELSES);
                }
            }
        }
    }

    private void enter(Task task, FormatState state, String filesystem, Runnable then)
            throws StoreException {
        if (states.change(state, state.formattedBy(task.grant(), filesystem))) {
            then.run();
        } else {
            task.check(ANOTHER_GENERATION);
        }
    }

    private void blank(Task task) {
        Runnable flush = () -> unit.flushes().flush(task, task::good);
        StoreCompletion ended = unit.writePath().ended(task, false, () -> {}, flush);
        long size = unit.store().size();
        unit.writePath().beginBlanking(task, () -> unit.store().discard(0, size, ended));
    }

    private void finish(Task task, FormatCommand command) throws StoreException {
        FormatState state = states.current();
        String made = command.filesystem();
        if (state.generation() != command.generation()) {
            task.check(ANOTHER_GENERATION);
        } else if (!state.isOwnedBy(task.grant())) {
            task.check(SenseKey.ILLEGAL_REQUEST, AdditionalSense.COMMAND_SEQUENCE_ERROR);
        } else if (!made.isEmpty() && !made.equals(state.filesystem())) {
            task.check(SenseData.invalidParameter(FILESYSTEM_AT, -1));
        } else {
            unit.flushes().flush(task, () -> unit.onPool(task, () -> becomeReady(task, state)));
        }
    }

    private void becomeReady(Task task, FormatState state) throws StoreException {
        if (states.change(state, state.finished())) {
            task.good();
        } else {
            task.check(ANOTHER_GENERATION);
        }
    }
}
