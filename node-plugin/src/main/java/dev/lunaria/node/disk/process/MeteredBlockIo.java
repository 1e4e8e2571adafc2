package dev.lunaria.node.disk.process;

import dev.lunaria.linux.Errno;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import dev.lunaria.service.metrics.OperationMeter;
import dev.lunaria.service.metrics.OperationMeter.Operation;
import java.nio.ByteBuffer;

/** A disk's bytes, counted and timed as the kernel asks for them. Any thread. */
final class MeteredBlockIo implements BlockIo {
    private final BlockIo io;
    private final OperationMeter meter;

    MeteredBlockIo(BlockIo io, OperationMeter meter) {
        this.io = io;
        this.meter = meter;
    }

    @Override
    public long sizeBytes() {
        return io.sizeBytes();
    }

    @Override
    public int blockBytes() {
        return io.blockBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        io.read(offset, into, timed(Operation.READ, into.remaining(), done));
    }

    @Override
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        io.write(offset, from, timed(Operation.WRITE, from.remaining(), done));
    }

    @Override
    public void flush(IoCompletion done) {
        io.flush(timed(Operation.FLUSH, 0, done));
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        io.discard(offset, length, timed(Operation.DISCARD, 0, done));
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        io.writeZeroes(offset, length, timed(Operation.DISCARD, 0, done));
    }

    private IoCompletion timed(Operation operation, int bytes, IoCompletion done) {
        long begun = System.nanoTime();
        meter.began();
        return errno -> {
            meter.ended(operation, errno == 0 ? bytes : 0, System.nanoTime() - begun);
            if (errno != 0) {
                meter.failed(Errno.name(errno));
            }
            done.complete(errno);
        };
    }
}
