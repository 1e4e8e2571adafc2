package dev.lunaria.target.device;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.LogicalUnitNumber;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.SessionControl;
import dev.lunaria.iscsi.target.UnitFunction;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An I_T_L nexus (SAM-5 §4.8): the commands of one session on one logical unit, with its unit
 * attentions and what it has not flushed.
 *
 * <p>Called on the session's event loop; attentions and flush state are touched by any thread.
 */
final class ItlNexus implements DeviceServer {
    private final LogicalUnit unit;
    private final Nexus nexus;
    private final NexusGrant grant;
    private final FlushLedger.Unflushed unflushed;
    private final Registrant registrant;
    private final UnitAttentions attentions = new UnitAttentions();
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
    private volatile @Nullable SessionControl session;

    ItlNexus(LogicalUnit unit, Nexus nexus, NexusGrant grant, FlushLedger.Unflushed unflushed) {
        this.unit = unit;
        this.nexus = nexus;
        this.grant = grant;
        this.unflushed = unflushed;
        this.registrant = Registrant.of(nexus);
    }

    LogicalUnit unit() {
        return unit;
    }

    Nexus nexus() {
        return nexus;
    }

    NexusGrant grant() {
        return grant;
    }

    /** As reservations know it. */
    Registrant registrant() {
        return registrant;
    }

    FlushLedger.Unflushed unflushed() {
        return unflushed;
    }

    UnitAttentions attentions() {
        return attentions;
    }

    @Override
    public void begin(SessionControl control) {
        session = control;
    }

    /** Aborts its tasks on another's behalf; {@code drained} at once where it has no session. */
    void abortTasks(Runnable drained) {
        SessionControl control = session;
        if (control == null) {
            drained.run();
            return;
        }
        control.abortTasks(drained);
        // Behind the abort, so that what they complete counts as aborted.
        waiting.forEach(Runnable::run);
    }

    void endSession() {
        SessionControl control = session;
        if (control != null) {
            control.end();
        }
    }

    /** A command that has done its work waits for others' tasks, and ends early if aborted. */
    void waiting(Runnable end) {
        waiting.add(end);
    }

    void waited(Runnable end) {
        waiting.remove(end);
    }

    @Override
    public Admission admit(ScsiCommand command) {
        try {
            if (LogicalUnitNumber.number(command.lun()) != 0) {
                return new Admission.Accepted(0);
            }
            boolean reports = reportsAttentions(command.cdb());
            if (reports) {
                report(attentions.pollReset());
            }
            Cdb cdb;
            try {
                cdb = Cdb.parse(command.cdb());
            } catch (CheckCondition malformed) {
                report(reports ? attentions.poll() : null);
                throw malformed;
            }
            if (unit.reservations().conflict(cdb, this)) {
                return new Admission.Refused(Task.refusal(ScsiStatus.RESERVATION_CONFLICT));
            }
            report(reports ? attentions.poll() : null);
            int dataOut = unit.checks().admit(cdb, this);
            refuseOtherLength(cdb, dataOut, command);
            return new Admission.Accepted(dataOut);
        } catch (CheckCondition e) {
            return new Admission.Refused(Task.checkCondition(unit, e.sense()));
        }
    }

    /**
     * Where Data-Out isn't a plain run of blocks, a length other than the CDB's means that the
     * initiator means something else (SBC-3 §5.2, §5.33, §5.41): nothing is written or compared.
     */
    private static void refuseOtherLength(Cdb cdb, int dataOut, ScsiCommand command)
            throws CheckCondition {
        int expected = command.write() ? command.expectedDataTransferLength() : 0;
        if (expected == dataOut) {
            return;
        }
        switch (cdb) {
            case Cdb.CompareAndWrite _ -> throw new CheckCondition(SenseData.invalidCdb(13, -1));
            case Cdb.WriteSame _ -> throw new CheckCondition(SenseData.invalidCdb(1, -1));
            case Cdb.Verify c when c.byteCheck() != 0 ->
                    throw new CheckCondition(SenseData.invalidCdb(1, 2));
            case Cdb _ -> {}
        }
    }

    /**
     * Three commands are carried out before unit attentions (SAM-5 §5.14.4). With all others a
     * reset goes before a reservation conflict, and that before everything else (§5.3.3).
     */
    private static boolean reportsAttentions(ByteBuffer cdb) {
        int code = cdb.get(cdb.position()) & 0xff;
        return code != OperationCode.INQUIRY.code()
                && code != OperationCode.REPORT_LUNS.code()
                && code != OperationCode.REQUEST_SENSE.code();
    }

    private static void report(@Nullable AdditionalSense attention) throws CheckCondition {
        if (attention != null) {
            throw new CheckCondition(SenseKey.UNIT_ATTENTION, attention);
        }
    }

    @Override
    public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
        Task task = new Task(this, completion);
        try {
            if (LogicalUnitNumber.number(command.lun()) == 0) {
                Cdb cdb = Cdb.parse(command.cdb());
                // Once more where data was waited for: it may have been reserved meanwhile.
                if (dataOut.hasRemaining() && unit.reservations().conflict(cdb, this)) {
                    task.status(ScsiStatus.RESERVATION_CONFLICT);
                } else {
                    run(task, cdb, dataOut);
                }
            } else {
                runWithoutUnit(task, Cdb.parse(command.cdb()));
            }
        } catch (CheckCondition e) {
            task.check(e.sense());
        } catch (RuntimeException | Error e) {
            task.broke(e);
        }
    }

    private void run(Task task, Cdb cdb, ByteBuffer dataOut) throws CheckCondition {
        switch (cdb) {
            case Cdb.Read c -> unit.reads().read(task, c.lba(), c.blocks());
            case Cdb.Write c -> unit.writes().write(task, c, dataOut);
            case Cdb.SynchronizeCache _ -> unit.flushes().flush(task, task::good);
            case Cdb.Unmap _ -> unit.writes().unmap(task, dataOut);
            case Cdb.WriteSame c -> unit.writes().writeSame(task, c, dataOut);
            case Cdb.WriteAndVerify c -> unit.writes().writeAndVerify(task, c, dataOut);
            case Cdb.Verify c -> unit.reads().verify(task, c, dataOut);
            case Cdb.CompareAndWrite c -> unit.atomicWrites().compareAndWrite(task, c, dataOut);
            case Cdb.OrWrite c -> unit.atomicWrites().orWrite(task, c, dataOut);
            case Cdb.FormatStateOut c -> unit.formatting().change(task, c.operation(), dataOut);
            case Cdb.StartStopUnit c -> startStop(task, c);
            case Cdb.GetLbaStatus c -> unit.capacities().status(task, c);
            case Cdb.ModeSelect c -> {
                unit.modes().select(c, dataOut, this);
                task.good();
            }
            case Cdb.ReadCapacity10 _ -> {
                ByteBuffer data = unit.capacities().capacity().encode10();
                task.good(data, data.remaining());
            }
            case Cdb.ReadCapacity16 c ->
                    task.good(unit.capacities().capacity().encode16(), c.allocationLength());
            case Cdb.ReadDefectData c -> task.good(Capacities.defects(c), c.allocationLength());
            case Cdb.Inquiry c ->
                    task.good(unit.inquiries().inquiry(c, this), c.allocationLength());
            case Cdb.ModeSense c -> task.good(unit.modes().sense(c, this), c.allocationLength());
            case Cdb.ReportLuns c -> task.good(Inquiries.luns(c), c.allocationLength());
            case Cdb.RequestSense c -> requestSense(task, c);
            case Cdb.ReportSupportedOperationCodes c ->
                    task.good(SupportReports.operationCodes(c), c.allocationLength());
            case Cdb.ReportSupportedTaskManagementFunctions c ->
                    task.good(SupportReports.taskManagement(c), c.allocationLength());
            case Cdb.TestUnitReady _, Cdb.PreFetch _, Cdb.PreventAllowMediumRemoval _ ->
                    task.good();
            case Cdb.Reserve _ -> unit.reservations().reserve(task);
            case Cdb.Release _ -> unit.reservations().release(task);
            case Cdb.PersistentReserveIn c -> unit.reservations().in(task, c);
            case Cdb.PersistentReserveOut c -> unit.reservations().out(task, c, dataOut);
        }
    }

    /**
     * The disk can't be stopped for one of many nexuses; what STOP would make durable is (§5.20).
     */
    private void startStop(Task task, Cdb.StartStopUnit c) {
        if (c.start() || c.noFlush()) {
            task.good();
        } else {
            unit.flushes().flush(task, task::good);
        }
    }

    /** REQUEST SENSE (SPC-4 §6.39): a unit attention as data, which clears it; or nothing. */
    private void requestSense(Task task, Cdb.RequestSense c) {
        AdditionalSense attention = attentions.poll();
        SenseData sense =
                attention == null
                        ? SenseData.NOTHING
                        : SenseData.of(SenseKey.UNIT_ATTENTION, attention);
        task.good(sense.encode(c.descriptorFormat()), c.allocationLength());
    }

    /** A LUN at which there is nothing (SAM-5 §4.6.4, SPC-4 §6.6.1 and §6.39). */
    private static void runWithoutUnit(Task task, Cdb cdb) throws CheckCondition {
        SenseData sense =
                SenseData.of(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LOGICAL_UNIT_NOT_SUPPORTED);
        switch (cdb) {
            case Cdb.Inquiry c when !c.vitalProductData() -> {
                Inquiries.refusePageWithoutEvpd(c);
                task.good(Inquiries.nothing().encode(), c.allocationLength());
            }
            case Cdb.ReportLuns c -> task.good(Inquiries.luns(c), c.allocationLength());
            case Cdb.RequestSense c ->
                    task.good(sense.encode(c.descriptorFormat()), c.allocationLength());
            case Cdb _ -> task.check(sense);
        }
    }

    @Override
    public void manage(UnitFunction function, Runnable done) {
        unit.manage(function, this, done);
    }

    @Override
    public void loggedOut() {
        unit.detach(this, false);
    }

    @Override
    public void nexusLost() {
        unit.detach(this, true);
    }
}
