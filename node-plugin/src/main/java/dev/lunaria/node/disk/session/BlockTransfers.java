package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.InitiatorSession;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.node.disk.IoCompletion;
import java.nio.ByteBuffer;

/**
 * Block requests as SCSI commands, cut to the unit's limits.
 *
 * <p>On the session's event loop. A request completes when all its commands have.
 */
final class BlockTransfers {

    /** Every volume is LUN 0 of its own target. */
    static final long LUN = 0;

    private final InitiatorSession session;
    private final IscsiTransport transport;

    BlockTransfers(InitiatorSession session, IscsiTransport transport) {
        this.session = session;
        this.transport = transport;
    }

    void read(Unit unit, long offset, ByteBuffer into, IoCompletion done) {
        int length = into.remaining();
        Parts parts = new Parts(parts(length, unit.maxTransferBytes()), done);
        for (int at = 0; at < length; at += unit.maxTransferBytes()) {
            int bytes = Math.min(unit.maxTransferBytes(), length - at);
            Cdb read =
                    new Cdb.Read(
                            OperationCode.READ_16,
                            (offset + at) / unit.blockBytes(),
                            bytes / unit.blockBytes(),
                            false,
                            false);
            ByteBuffer part = into.slice(into.position() + at, bytes);
            session.submit(ScsiRequest.reading(LUN, read.encode(), part), parts.expect(bytes));
        }
    }

    void write(Unit unit, long offset, ByteBuffer from, IoCompletion done) {
        int length = from.remaining();
        Parts parts = new Parts(parts(length, unit.maxTransferBytes()), e -> written(e, done));
        for (int at = 0; at < length; at += unit.maxTransferBytes()) {
            int bytes = Math.min(unit.maxTransferBytes(), length - at);
            Cdb write =
                    new Cdb.Write(
                            OperationCode.WRITE_16,
                            (offset + at) / unit.blockBytes(),
                            bytes / unit.blockBytes(),
                            false,
                            false);
            ByteBuffer part = from.slice(from.position() + at, bytes);
            session.submit(ScsiRequest.writing(LUN, write.encode(), part), parts.expect(bytes));
        }
    }

    /** A target may refuse a write before it has taken its data, which is then still on its way. */
    private void written(int errno, IoCompletion done) {
        if (errno == 0) {
            done.complete(0);
        } else {
            transport.whenSent(() -> done.complete(errno));
        }
    }

    void flush(IoCompletion done) {
        Cdb flush = new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_16, 0, 0, false);
        session.submit(
                ScsiRequest.plain(LUN, flush.encode()), outcome -> done.complete(errno(outcome)));
    }

    /** WRITE SAME of a block of zeros, one command after the other. */
    void zero(Unit unit, long offset, long length, boolean unmap, IoCompletion done) {
        if (length == 0) {
            done.complete(0);
            return;
        }
        long bytes = Math.min(length, unit.maxZeroBytes());
        Cdb same =
                new Cdb.WriteSame(
                        OperationCode.WRITE_SAME_16,
                        offset / unit.blockBytes(),
                        bytes / unit.blockBytes(),
                        false,
                        unmap && unit.unmapsByWriteSame(),
                        false);
        ByteBuffer zeros = ByteBuffer.allocate(unit.blockBytes());
        session.submit(
                ScsiRequest.writing(LUN, same.encode(), zeros),
                outcome -> {
                    int errno = errno(outcome);
                    if (errno != 0) {
                        done.complete(errno);
                    } else {
                        zero(unit, offset + bytes, length - bytes, unmap, done);
                    }
                });
    }

    private static int parts(int length, int longest) {
        return Math.ceilDiv(length, longest);
    }

    private static int errno(ScsiOutcome outcome) {
        return switch (outcome) {
            case ScsiOutcome.Good good -> 0;
            case ScsiOutcome.Failed failed -> failed.error().errno();
        };
    }

    /** Collects the commands of one request; the first error counts. */
    private static final class Parts {
        private final IoCompletion done;
        private int left;
        private int errno;

        Parts(int count, IoCompletion done) {
            left = count;
            this.done = done;
        }

        ScsiRequest.Completion expect(int bytes) {
            return outcome -> {
                int result = errno(outcome);
                if (outcome instanceof ScsiOutcome.Good good && good.transferred() != bytes) {
                    result = DiskError.IO.errno();
                }
                if (errno == 0) {
                    errno = result;
                }
                if (--left == 0) {
                    done.complete(errno);
                }
            };
        }
    }
}
