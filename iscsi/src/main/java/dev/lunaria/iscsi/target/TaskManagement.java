package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.scsi.LogicalUnitNumber;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;

/**
 * Task management functions (RFC 7143 §11.5, §11.6): each is answered only after its drain, when
 * nothing of what it aborted can reach the store any more.
 *
 * <p>Owned by the session's event loop. Tasks that the session's own initiator aborts get no
 * response (RFC 7143 §4.2.3.3); those of others are answered TASK ABORTED. Data that is still on
 * its way for an aborted task's R2T is thrown away when it comes, and not waited for: an initiator
 * with FastAbort never sends it.
 */
final class TaskManagement {
    private static final int ABORT_TASK = 1;
    private static final int ABORT_TASK_SET = 2;
    private static final int CLEAR_TASK_SET = 4;
    private static final int LOGICAL_UNIT_RESET = 5;
    private static final int TARGET_WARM_RESET = 6;
    private static final int TARGET_COLD_RESET = 7;
    private static final int TASK_REASSIGN = 8;

    /** One target is one LUN: its reset is the target's. */
    private static final int THE_LUN = 0;

    private static final int COMPLETE = 0;
    private static final int TASK_DOES_NOT_EXIST = 1;
    private static final int LUN_DOES_NOT_EXIST = 2;
    private static final int REASSIGNMENT_NOT_SUPPORTED = 4;
    private static final int NOT_SUPPORTED = 5;

    private final CommandFlow flow;
    private final HeldCommands held;
    private final CommandWindow window;
    private final DeviceServer device;
    private final Executor loop;

    TaskManagement(
            CommandFlow flow,
            HeldCommands held,
            CommandWindow window,
            DeviceServer device,
            Executor loop) {
        this.flow = flow;
        this.held = held;
        this.window = window;
        this.device = device;
        this.loop = loop;
    }

    /**
     * @param answer takes the response code, on the event loop, after the drain
     */
    void carryOut(TaskManagementRequest request, IntConsumer answer) {
        switch (request.function()) {
            case ABORT_TASK -> abortTask(request, answer);
            case ABORT_TASK_SET -> {
                if (isHere(request, answer)) {
                    held.abort(request.lun(), request.cmdSn());
                    flow.abort(
                            task -> task.command().lun() == request.lun(),
                            () -> answer.accept(COMPLETE));
                }
            }
            case CLEAR_TASK_SET -> ofUnit(request, UnitFunction.CLEAR_TASK_SET, answer);
            case LOGICAL_UNIT_RESET -> ofUnit(request, UnitFunction.LOGICAL_UNIT_RESET, answer);
            case TARGET_WARM_RESET -> ofTarget(request, UnitFunction.TARGET_WARM_RESET, answer);
            case TARGET_COLD_RESET -> ofTarget(request, UnitFunction.TARGET_COLD_RESET, answer);
            case TASK_REASSIGN -> answer.accept(REASSIGNMENT_NOT_SUPPORTED);
            // CLEAR ACA, as no command has NACA, and what nobody defined.
            default -> answer.accept(NOT_SUPPORTED);
        }
    }

    /** Whether every session of the target ends behind the response (RFC 7143 §11.5.1). */
    static boolean endsSessions(TaskManagementRequest request, int response) {
        return request.function() == TARGET_COLD_RESET && response == COMPLETE;
    }

    private static boolean isHere(TaskManagementRequest request, IntConsumer answer) {
        boolean here = LogicalUnitNumber.number(request.lun()) == THE_LUN;
        if (!here) {
            answer.accept(LUN_DOES_NOT_EXIST);
        }
        return here;
    }

    private void ofUnit(TaskManagementRequest request, UnitFunction function, IntConsumer answer) {
        if (isHere(request, answer)) {
            held.abort(request.lun(), request.cmdSn());
            flow.abort(
                    task -> task.command().lun() == request.lun(), () -> manage(function, answer));
        }
    }

    private void ofTarget(
            TaskManagementRequest request, UnitFunction function, IntConsumer answer) {
        held.abortAll(request.cmdSn());
        flow.abort(task -> true, () -> manage(function, answer));
    }

    private void manage(UnitFunction function, IntConsumer answer) {
        device.manage(function, () -> loop.execute(() -> answer.accept(COMPLETE)));
    }

    /** RFC 7143 §11.6.1: the three cases of ABORT TASK. */
    private void abortTask(TaskManagementRequest request, IntConsumer answer) {
        int tag = request.referencedTaskTag();
        if (flow.has(tag)) {
            flow.abort(task -> task.tag() == tag, () -> answer.accept(COMPLETE));
            return;
        }
        boolean stillToCome =
                request.refCmdSn() - window.expCmdSn() >= 0
                        && request.refCmdSn() - request.cmdSn() < 0
                        && window.place(request.refCmdSn()) != CommandWindow.Place.OUTSIDE;
        if (stillToCome) {
            held.considerReceived(request.refCmdSn());
        }
        answer.accept(stillToCome ? COMPLETE : TASK_DOES_NOT_EXIST);
    }
}
