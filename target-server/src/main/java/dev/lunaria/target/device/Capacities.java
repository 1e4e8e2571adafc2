package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.target.store.BlockStore.Range;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * READ CAPACITY, GET LBA STATUS and READ DEFECT DATA: how much there is, and where. Any thread;
 * without state.
 */
final class Capacities {
    private static final int HEADER_BYTES = 8;
    private static final int DESCRIPTOR_BYTES = 16;
    private static final int MAPPED = 0;
    private static final int DEALLOCATED = 1;

    private final LogicalUnit unit;

    Capacities(LogicalUnit unit) {
        this.unit = unit;
    }

    ReadCapacityData capacity() {
        BlockGeometry geometry = unit.geometry();
        return new ReadCapacityData(
                unit.blocks() - 1,
                geometry.logicalBytes(),
                geometry.physicalExponent(),
                0,
                true,
                true);
    }

    /**
     * GET LBA STATUS (SBC-3 §5.5): as far as {@link UnitLimits#LBA_STATUS_BYTES}, the initiator
     * goes on from there.
     */
    void status(Task task, Cdb.GetLbaStatus c) {
        unit.onPool(task, () -> task.good(describe(c), c.allocationLength()));
    }

    private ByteBuffer describe(Cdb.GetLbaStatus c) throws StoreException {
        long from = unit.offset(c.lba());
        long end = Math.min(unit.store().size(), from + UnitLimits.LBA_STATUS_BYTES);
        List<Range> data = unit.store().allocated(from, end - from);
        ByteBuffer out =
                ByteBuffer.allocate(
                        HEADER_BYTES + UnitLimits.MAX_LBA_STATUS_DESCRIPTORS * DESCRIPTOR_BYTES);
        out.position(HEADER_BYTES);
        long at = from;
        for (Range range : data) {
            long start = Math.max(from, down(range.offset()));
            long stop = Math.min(end, up(range.offset() + range.length()));
            put(out, at, start, DEALLOCATED);
            put(out, Math.max(at, start), stop, MAPPED);
            at = Math.max(at, stop);
        }
        put(out, at, end, DEALLOCATED);
        out.putInt(0, out.position() - Integer.BYTES);
        return out.flip();
    }

    /**
     * READ DEFECT DATA (SBC-3 §5.17, §5.18): a file has no defects that it could list. Both lists
     * are there, and empty, in whatever format is asked for.
     */
    static ByteBuffer defects(Cdb.ReadDefectData c) {
        boolean shorter = c.operation() == OperationCode.READ_DEFECT_DATA_10;
        return ByteBuffer.allocate(shorter ? 4 : 8).put(1, (byte) c.listFormat());
    }

    private long down(long offset) {
        return offset - offset % unit.geometry().logicalBytes();
    }

    private long up(long offset) {
        return down(offset + unit.geometry().logicalBytes() - 1);
    }

    private void put(ByteBuffer out, long from, long to, int status) {
        if (from >= to || !out.hasRemaining()) {
            return;
        }
        BlockGeometry geometry = unit.geometry();
        out.putLong(geometry.blocks(from));
        out.putInt((int) geometry.blocks(to - from));
        out.put((byte) status);
        out.put((byte) 0);
        out.putShort((short) 0);
    }
}
