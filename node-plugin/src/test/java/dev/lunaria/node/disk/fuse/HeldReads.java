package dev.lunaria.node.disk.fuse;

import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads that are answered when the test says so, and at once from then on. Any thread. */
final class HeldReads implements BlockIo {
    private static final long QUIET_MILLIS = 300;

    private final BlockIo io;
    private final List<Runnable> held = new ArrayList<>();
    private boolean released;
    private long last = System.nanoTime();

    HeldReads(BlockIo io) {
        this.io = io;
    }

    synchronized int count() {
        return held.size();
    }

    /** Waits until reads have come, and none came for a while. */
    void awaitNoMore() throws InterruptedException {
        while (count() == 0 || millisSinceLast() < QUIET_MILLIS) {
            Thread.sleep(10);
        }
    }

    private synchronized long millisSinceLast() {
        return (System.nanoTime() - last) / 1_000_000;
    }

    void release() {
        List<Runnable> now;
        synchronized (this) {
            released = true;
            now = List.copyOf(held);
            held.clear();
        }
        now.forEach(Runnable::run);
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        synchronized (this) {
            last = System.nanoTime();
            if (!released) {
                held.add(() -> io.read(offset, into, done));
                return;
            }
        }
        io.read(offset, into, done);
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
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        io.write(offset, from, done);
    }

    @Override
    public void flush(IoCompletion done) {
        io.flush(done);
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        io.discard(offset, length, done);
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        io.writeZeroes(offset, length, done);
    }
}
