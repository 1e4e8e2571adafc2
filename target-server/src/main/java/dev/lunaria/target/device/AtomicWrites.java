package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;

/**
 * COMPARE AND WRITE and ORWRITE: they read first, and nothing is written in between.
 *
 * <p>Any thread; without state but the unit's.
 */
final class AtomicWrites {
    private final LogicalUnit unit;
    private final WritePath path;

    AtomicWrites(LogicalUnit unit) {
        this.unit = unit;
        this.path = unit.writePath();
    }

    /** COMPARE AND WRITE (SBC-3 §5.2). */
    void compareAndWrite(Task task, Cdb.CompareAndWrite c, ByteBuffer dataOut)
            throws CheckCondition {
        int bytes = unit.bytes(c.blocks());
        if (bytes == 0) {
            task.good();
            return;
        }
        if (dataOut.remaining() < 2 * bytes) {
            throw new CheckCondition(SenseData.invalidCdb(13, -1));
        }
        ByteBuffer expected = dataOut.slice(dataOut.position(), bytes);
        ByteBuffer next = dataOut.slice(dataOut.position() + bytes, bytes);
        Range range = new Range(c.lba(), c.blocks(), c.forceUnitAccess());
        path.beginAlone(
                task, () -> modify(task, range, read -> replaceIfSame(read, expected, next)));
    }

    private static void replaceIfSame(ByteBuffer read, ByteBuffer expected, ByteBuffer next)
            throws CheckCondition {
        int at = read.mismatch(expected);
        if (at >= 0) {
            SenseData miscompare =
                    SenseData.of(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
            throw new CheckCondition(miscompare.withInformation(at));
        }
        read.put(0, next, 0, next.remaining());
    }

    /** ORWRITE(16) (SBC-3 §5.7): each bit that is set on the medium or in Data-Out. */
    void orWrite(Task task, Cdb.OrWrite c, ByteBuffer dataOut) {
        long blocks = Math.min(c.blocks(), unit.geometry().blocks(dataOut.remaining()));
        if (blocks == 0) {
            task.good();
            return;
        }
        Range range = new Range(c.lba(), blocks, c.forceUnitAccess());
        path.beginAlone(task, () -> modify(task, range, read -> or(read, dataOut)));
    }

    private static void or(ByteBuffer read, ByteBuffer dataOut) {
        for (int i = 0; i < read.remaining(); i += Long.BYTES) {
            read.putLong(i, read.getLong(i) | dataOut.getLong(dataOut.position() + i));
        }
    }

    private void modify(Task task, Range range, Modification modification) {
        unit.reads()
                .fetch(
                        task,
                        range.lba(),
                        range.blocks(),
                        () -> path.leave(task),
                        read -> modifyAndWrite(task, range, read, modification));
    }

    private void modifyAndWrite(
            Task task, Range range, ByteBuffer read, Modification modification) {
        Runnable giveBack = () -> unit.reads().give(read);
        try {
            modification.apply(read);
        } catch (CheckCondition e) {
            path.leave(task);
            giveBack.run();
            task.check(e.sense());
            return;
        } catch (RuntimeException | Error e) {
            path.leave(task);
            giveBack.run();
            task.broke(e);
            return;
        }
        boolean durable = range.durable();
        unit.store()
                .write(
                        unit.offset(range.lba()),
                        read,
                        durable,
                        path.ended(task, durable, giveBack, task::good));
    }

    /** Logical blocks, and whether they must be durable before GOOD. */
    private record Range(long lba, long blocks, boolean durable) {}

    /** Changes what was read in place, or refuses. */
    private interface Modification {
        void apply(ByteBuffer read) throws CheckCondition;
    }
}
