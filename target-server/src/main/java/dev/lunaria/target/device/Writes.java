package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.UnmapList;
import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.Iterator;

/**
 * WRITE, WRITE AND VERIFY, WRITE SAME and UNMAP.
 *
 * <p>Any thread; without state but the unit's.
 */
final class Writes {

    /** A pattern that isn't zeros is written in pieces of this many bytes. */
    static final int PATTERN_BYTES = 1 << 20;

    private final LogicalUnit unit;
    private final Buffers buffers;
    private final WritePath path;

    Writes(LogicalUnit unit, Buffers buffers) {
        this.unit = unit;
        this.buffers = buffers;
        this.path = unit.writePath();
    }

    /**
     * WRITE: as many whole blocks as Data-Out has, where the initiator sent less than its CDB said.
     */
    void write(Task task, Cdb.Write c, ByteBuffer dataOut) {
        write(task, c.lba(), c.blocks(), c.forceUnitAccess(), dataOut, task::good);
    }

    /** WRITE AND VERIFY (SBC-3 §5.35): durable, then read, and compared with BYTCHK. */
    void writeAndVerify(Task task, Cdb.WriteAndVerify c, ByteBuffer dataOut) {
        Runnable verify =
                () -> unit.reads().compare(task, c.lba(), c.blocks(), c.byteCheck(), dataOut);
        write(task, c.lba(), c.blocks(), true, dataOut, verify);
    }

    private void write(
            Task task, long lba, long blocks, boolean durable, ByteBuffer dataOut, Runnable then) {
        int sent = dataOut.remaining() - dataOut.remaining() % unit.geometry().logicalBytes();
        int bytes = Math.min(unit.bytes(blocks), sent);
        if (bytes == 0) {
            task.good();
            return;
        }
        boolean whole = bytes == dataOut.remaining();
        ByteBuffer from = whole ? dataOut : dataOut.slice(dataOut.position(), bytes);
        StoreCompletion ended = path.ended(task, durable, Writes::nothing, then);
        path.begin(task, () -> unit.store().write(unit.offset(lba), from, durable, ended));
    }

    /** WRITE SAME (SBC-3 §5.41): zeros become holes or zeroed space, a pattern is written out. */
    void writeSame(Task task, Cdb.WriteSame c, ByteBuffer dataOut) throws CheckCondition {
        int blockBytes = unit.geometry().logicalBytes();
        if (!c.noDataOut() && dataOut.remaining() < blockBytes) {
            throw new CheckCondition(SenseData.invalidCdb(1, 0));
        }
        long offset = unit.offset(c.lba());
        long length = c.blocks() * blockBytes;
        if (!c.noDataOut() && !isZero(dataOut, blockBytes)) {
            writePattern(task, offset, length, dataOut.slice(dataOut.position(), blockBytes));
        } else if (c.unmap()) {
            path.begin(task, () -> unit.store().discard(offset, length, path.ended(task)));
        } else {
            path.begin(task, () -> unit.store().writeZeroes(offset, length, path.ended(task)));
        }
    }

    private static boolean isZero(ByteBuffer data, int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            if (data.getLong(data.position() + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private void writePattern(Task task, long offset, long length, ByteBuffer block) {
        path.begin(task, () -> writePatternNow(task, offset, length, block));
    }

    private void writePatternNow(Task task, long offset, long length, ByteBuffer block) {
        ByteBuffer pattern = buffers.take((int) Math.min(length, PATTERN_BYTES));
        if (pattern == null) {
            path.leave(task);
            task.status(ScsiStatus.TASK_SET_FULL);
            return;
        }
        while (pattern.hasRemaining()) {
            pattern.put(block.duplicate());
        }
        pattern.flip();
        Runnable giveBack = () -> buffers.give(pattern);
        StoreCompletion ended = path.ended(task, false, giveBack, task::good);
        then(ended, () -> writePieces(offset, offset + length, pattern, ended)).done();
    }

    private void writePieces(long at, long end, ByteBuffer pattern, StoreCompletion whole) {
        int bytes = (int) Math.min(end - at, pattern.remaining());
        long next = at + bytes;
        StoreCompletion piece =
                next == end ? whole : then(whole, () -> writePieces(next, end, pattern, whole));
        unit.store().write(at, pattern.slice(0, bytes), false, piece);
    }

    private static StoreCompletion then(StoreCompletion whole, Runnable next) {
        return new StoreCompletion() {
            @Override
            public void done() {
                try {
                    next.run();
                } catch (RuntimeException | Error e) {
                    whole.failed(new StoreException(Reason.WRITE, String.valueOf(e), e));
                }
            }

            @Override
            public void failed(StoreException cause) {
                whole.failed(cause);
            }
        };
    }

    /** UNMAP (SBC-3 §5.28): all descriptors are checked before the first is carried out. */
    void unmap(Task task, ByteBuffer dataOut) throws CheckCondition {
        UnmapList list = UnmapList.parse(dataOut);
        if (list.extents().size() > UnitLimits.MAX_UNMAP_DESCRIPTORS) {
            throw new CheckCondition(SenseData.invalidParameter(2, -1));
        }
        long blocks = 0;
        for (UnmapList.Extent extent : list.extents()) {
            unit.checks().range(extent.lba(), extent.blocks());
            blocks += extent.blocks();
        }
        if (blocks > unit.geometry().blocks(UnitLimits.MAX_UNMAP_BYTES)) {
            throw new CheckCondition(SenseData.invalidParameter(2, -1));
        }
        if (blocks == 0) {
            task.good();
            return;
        }
        Iterator<UnmapList.Extent> extents = list.extents().iterator();
        path.beginUnmap(task, () -> discardAll(task, extents, path.ended(task)));
    }

    private void discardAll(Task task, Iterator<UnmapList.Extent> extents, StoreCompletion whole) {
        while (extents.hasNext()) {
            SenseData why = unit.formatting().whyNotUnmap(task);
            if (why != null) {
                path.refuse(task, why);
                return;
            }
            UnmapList.Extent extent = extents.next();
            if (extent.blocks() > 0) {
                long offset = unit.offset(extent.lba());
                long length = extent.blocks() * unit.geometry().logicalBytes();
                Runnable next = () -> discardAll(task, extents, whole);
                unit.store().discard(offset, length, then(whole, next));
                return;
            }
        }
        whole.done();
    }

    private static void nothing() {}
}
