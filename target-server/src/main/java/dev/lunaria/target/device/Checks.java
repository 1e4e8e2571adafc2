package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;

/**
 * What a command must satisfy before its data moves: range, limits, write protection. Pure; called
 * on the session's event loop.
 */
final class Checks {
    private static final int BYTE_CHECK_MISSING = 2;
    private static final int BYTE_CHECK_ONE_BLOCK = 3;

    private final LogicalUnit unit;
    private final int blockBytes;

    Checks(LogicalUnit unit) {
        this.unit = unit;
        this.blockBytes = unit.geometry().logicalBytes();
    }

    /**
     * Looks at a command.
     *
     * @return how many bytes of Data-Out it needs
     */
    int admit(Cdb cdb, ItlNexus nexus) throws CheckCondition {
        return switch (cdb) {
            case Cdb.Read c -> {
                transfer(c, c.lba(), c.blocks());
                yield 0;
            }
            case Cdb.Verify c -> verify(c);
            case Cdb.PreFetch c -> {
                range(c.lba(), c.blocks());
                yield 0;
            }
            case Cdb.SynchronizeCache c -> {
                range(c.lba(), c.blocks());
                refuseAfterFailedFlush(nexus);
                yield 0;
            }
            case Cdb.GetLbaStatus c -> {
                range(c.lba(), 1);
                yield 0;
            }
            case Cdb.StartStopUnit c -> startStop(c);
            case Cdb.Write _,
                    Cdb.WriteAndVerify _,
                    Cdb.OrWrite _,
                    Cdb.CompareAndWrite _,
                    Cdb.WriteSame _,
                    Cdb.Unmap _ ->
                    write(cdb, nexus);
            case Cdb.ModeSelect c -> bounded(c.parameterListLength());
            // Who may only read must not keep others from writing.
            case Cdb.PersistentReserveOut c -> {
                refuseReadOnly(nexus);
                yield bounded(c.parameterListLength(), UnitLimits.MAX_RESERVE_OUT_BYTES);
            }
            case Cdb.Reserve _ -> {
                refuseReadOnly(nexus);
                yield 0;
            }
            case Cdb.FormatStateOut c -> {
                refuseReadOnly(nexus);
                refuseAfterFailedFlush(nexus);
                yield bounded(c.parameterListLength());
            }
            case Cdb.TestUnitReady _,
                    Cdb.RequestSense _,
                    Cdb.Inquiry _,
                    Cdb.ReadCapacity10 _,
                    Cdb.ReadCapacity16 _,
                    Cdb.ModeSense _,
                    Cdb.ReportLuns _,
                    Cdb.PreventAllowMediumRemoval _,
                    Cdb.ReportSupportedOperationCodes _,
                    Cdb.ReportSupportedTaskManagementFunctions _,
                    Cdb.ReadDefectData _,
                    Cdb.Release _,
                    Cdb.PersistentReserveIn _ ->
                    0;
        };
    }

    /** A command that writes to the medium. */
    private int write(Cdb cdb, ItlNexus nexus) throws CheckCondition {
        int dataOut =
                switch (cdb) {
                    case Cdb.Write c -> bytes(transfer(c, c.lba(), c.blocks()));
                    case Cdb.OrWrite c -> bytes(transfer(c, c.lba(), c.blocks()));
                    case Cdb.WriteAndVerify c -> writeAndVerify(c);
                    case Cdb.CompareAndWrite c -> compareAndWrite(c);
                    case Cdb.WriteSame c -> writeSame(c);
                    case Cdb.Unmap c -> unmap(c);
                    default -> throw new IllegalArgumentException(cdb.operation().name());
                };
        refuseReadOnly(nexus);
        if (unit.modes().writeProtected()) {
            throw new CheckCondition(
                    SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
        }
        refuseAfterFailedFlush(nexus);
        FormatState state = unit.formats().current();
        if (state.state() == State.FORMATTING && !state.isOwnedBy(nexus.grant())) {
            throw new CheckCondition(
                    SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
        }
        return dataOut;
    }

    private int bytes(long blocks) {
        return Math.toIntExact(blocks * blockBytes);
    }

    /** The range must be within the unit (SBC-3 §4.5.1 and each command). */
    long range(long lba, long blocks) throws CheckCondition {
        long capacity = unit.blocks();
        boolean within = lba >= 0 && lba <= capacity && blocks <= capacity - lba;
        if (!within) {
            throw new CheckCondition(
                    SenseData.of(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LBA_OUT_OF_RANGE)
                            .withInformation(lba >= 0 && lba < capacity ? capacity : lba));
        }
        return blocks;
    }

    private long transfer(Cdb cdb, long lba, long blocks) throws CheckCondition {
        range(lba, blocks);
        if (blocks * blockBytes > UnitLimits.MAX_TRANSFER_BYTES) {
            throw new CheckCondition(SenseData.invalidCdb(lengthAt(cdb.operation()), -1));
        }
        return blocks;
    }

    /** Where the transfer length field begins. */
    private static int lengthAt(OperationCode operation) {
        return switch (operation.cdbBytes()) {
            case 6 -> 4;
            case 10 -> 7;
            case 12 -> 6;
            default -> 10;
        };
    }

    private int verify(Cdb.Verify c) throws CheckCondition {
        if (c.byteCheck() == BYTE_CHECK_MISSING) {
            throw new CheckCondition(SenseData.invalidCdb(1, 2));
        }
        long blocks = transfer(c, c.lba(), c.blocks());
        if (c.byteCheck() == 0) {
            return 0;
        }
        return bytes(c.byteCheck() == BYTE_CHECK_ONE_BLOCK ? Math.min(1, blocks) : blocks);
    }

    private int writeSame(Cdb.WriteSame c) throws CheckCondition {
        if (c.anchor()) {
            throw new CheckCondition(SenseData.invalidCdb(1, 4));
        }
        range(c.lba(), c.blocks());
        boolean tooMany = c.blocks() * blockBytes > UnitLimits.MAX_WRITE_SAME_BYTES;
        if (c.blocks() == 0 || tooMany) {
            throw new CheckCondition(SenseData.invalidCdb(lengthAt(c.operation()), -1));
        }
        return c.noDataOut() ? 0 : blockBytes;
    }

    private int writeAndVerify(Cdb.WriteAndVerify c) throws CheckCondition {
        if (c.byteCheck() > 1) {
            throw new CheckCondition(SenseData.invalidCdb(1, 2));
        }
        return bytes(transfer(c, c.lba(), c.blocks()));
    }

    private int compareAndWrite(Cdb.CompareAndWrite c) throws CheckCondition {
        range(c.lba(), c.blocks());
        if (c.blocks() > UnitLimits.MAX_COMPARE_BLOCKS) {
            throw new CheckCondition(SenseData.invalidCdb(13, -1));
        }
        return bytes(2L * c.blocks());
    }

    private static int unmap(Cdb.Unmap c) throws CheckCondition {
        if (c.anchor()) {
            throw new CheckCondition(SenseData.invalidCdb(1, 0));
        }
        return c.parameterListLength();
    }

    private static int bounded(long parameterListLength) throws CheckCondition {
        return bounded(parameterListLength, UnitLimits.MAX_PARAMETER_LIST_BYTES);
    }

    private static int bounded(long parameterListLength, int most) throws CheckCondition {
        if (parameterListLength > most) {
            throw new CheckCondition(
                    SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
        }
        return (int) parameterListLength;
    }

    private static int startStop(Cdb.StartStopUnit c) throws CheckCondition {
        if (c.powerCondition() != 0) {
            throw new CheckCondition(SenseData.invalidCdb(4, 7));
        }
        if (c.loadEject()) {
            throw new CheckCondition(SenseData.invalidCdb(4, 1));
        }
        return 0;
    }

    private static void refuseReadOnly(ItlNexus nexus) throws CheckCondition {
        if (nexus.grant().readOnly()) {
            throw new CheckCondition(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
        }
    }

    private static void refuseAfterFailedFlush(ItlNexus nexus) throws CheckCondition {
        if (nexus.unflushed().hasFailed()) {
            throw new CheckCondition(
                    SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        }
    }
}
