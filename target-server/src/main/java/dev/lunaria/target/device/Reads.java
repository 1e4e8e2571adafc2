package dev.lunaria.target.device;

import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.CheckCondition;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.target.store.BlockStore.StoreCompletion;
import dev.lunaria.target.store.ReadAnswer;
import dev.lunaria.target.store.StoreException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * READ and VERIFY.
 *
 * <p>Any thread; without state. Buffers come from the pool, and go back when the last byte is sent.
 */
final class Reads {
    private static final int ONE_BLOCK_FOR_ALL = 3;

    private final LogicalUnit unit;
    private final Buffers buffers;

    Reads(LogicalUnit unit, Buffers buffers) {
        this.unit = unit;
        this.buffers = buffers;
    }

    /** READ: from the page cache, by sendfile or from a store thread, as the store finds it. */
    void read(Task task, long lba, long blocks) {
        int bytes = unit.bytes(blocks);
        if (bytes == 0) {
            task.good();
            return;
        }
        ByteBuffer into = buffers.take(bytes);
        if (into == null) {
            task.status(ScsiStatus.TASK_SET_FULL);
            return;
        }
        StoreCompletion whenPending =
                filling(task, into, Reads::nothing, filled -> answer(task, filled));
        switch (ask(lba, into, whenPending)) {
            case ReadAnswer.Filled _ -> answer(task, into);
            case ReadAnswer.FileRange range -> {
                buffers.give(into);
                task.good(new Payload.External(range, 0, bytes), Reads::nothing);
            }
            case ReadAnswer.Pending _ -> {}
        }
    }

    private ReadAnswer ask(long lba, ByteBuffer into, StoreCompletion whenPending) {
        try {
            return unit.store().read(unit.offset(lba), into, whenPending);
        } catch (RuntimeException | Error e) {
            buffers.give(into);
            throw e;
        }
    }

    private void answer(Task task, ByteBuffer filled) {
        task.good(new Payload.Bytes(filled), () -> buffers.give(filled));
    }

    /**
     * Reads into memory, where the bytes are looked at here.
     *
     * @param otherwise called instead of {@code then}, before the task fails
     * @param then takes the bytes, and gives the buffer back
     */
    void fetch(Task task, long lba, long blocks, Runnable otherwise, Consumer<ByteBuffer> then) {
        ByteBuffer into = buffers.take(unit.bytes(blocks));
        if (into == null) {
            otherwise.run();
            task.status(ScsiStatus.TASK_SET_FULL);
            return;
        }
        StoreCompletion filling = filling(task, into, otherwise, then);
        switch (ask(lba, into, filling)) {
            case ReadAnswer.Filled _ -> then.accept(into);
            case ReadAnswer.FileRange range -> {
                try {
                    range.copyTo(into);
                } catch (StoreException e) {
                    filling.failed(e);
                    return;
                }
                then.accept(into);
            }
            case ReadAnswer.Pending _ -> {}
        }
    }

    void give(ByteBuffer buffer) {
        buffers.give(buffer);
    }

    private StoreCompletion filling(
            Task task, ByteBuffer into, Runnable otherwise, Consumer<ByteBuffer> then) {
        return new StoreCompletion() {
            @Override
            public void done() {
                task.step(() -> then.accept(into));
            }

            @Override
            public void failed(StoreException cause) {
                task.step(() -> {
                    buffers.give(into);
                    otherwise.run();
                    task.failed(cause);
                });
            }
        };
    }

    /** VERIFY: the medium is read, and compared with Data-Out where BYTCHK asks for it. */
    void verify(Task task, Cdb.Verify c, ByteBuffer dataOut) throws CheckCondition {
        boolean oneBlock = c.byteCheck() == ONE_BLOCK_FOR_ALL && c.blocks() > 0;
        if (oneBlock && dataOut.remaining() != unit.geometry().logicalBytes()) {
            throw new CheckCondition(SenseData.invalidCdb(1, 2));
        }
        compare(task, c.lba(), c.blocks(), c.byteCheck(), dataOut);
    }

    /**
     * Reads and compares.
     *
     * @param byteCheck 0 reads only; 1 compares all; 3 compares every block with one
     */
    void compare(Task task, long lba, long blocks, int byteCheck, ByteBuffer dataOut) {
        if (blocks == 0) {
            task.good();
            return;
        }
        fetch(
                task,
                lba,
                blocks,
                Reads::nothing,
                read -> {
                    boolean same;
                    try {
                        same = byteCheck == 0 || isSame(read, dataOut, byteCheck);
                    } finally {
                        buffers.give(read);
                    }
                    if (same) {
                        task.good();
                    } else {
                        task.check(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
                    }
                });
    }

    private static boolean isSame(ByteBuffer read, ByteBuffer dataOut, int byteCheck) {
        int step = dataOut.remaining();
        if (byteCheck != ONE_BLOCK_FOR_ALL) {
            int compared = Math.min(read.remaining(), step);
            return read.slice(0, compared).mismatch(dataOut.slice(dataOut.position(), compared))
                    == -1;
        }
        for (int at = 0; at < read.remaining(); at += step) {
            if (read.remaining() - at < step || !read.slice(at, step).equals(dataOut)) {
                return false;
            }
        }
        return true;
    }

    private static void nothing() {}
}
