package dev.lunaria.e2e.survival;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import dev.lunaria.node.disk.fuse.FuseFile;
import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.node.disk.session.DiskLoops;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Mounts itself over a LUN's file, so that the target server's own system calls on it fail with a
 * real errno when a test says so. Its bytes lie in a sparse file beside the pool.
 *
 * <p>Any thread. The target server must not have opened the file yet.
 */
final class FaultyFile implements BlockIo, AutoCloseable {
    private static final int BLOCK_BYTES = 512;

    /** What each kind of request fails with from now on; 0: nothing. */
    final AtomicInteger reads = new AtomicInteger();

    final AtomicInteger writes = new AtomicInteger();
    final AtomicInteger flushes = new AtomicInteger();

    private final Descriptor file;
    private final long size;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final DiskLoops loops = new DiskLoops();
    private final FuseFile mounted;

    private FaultyFile(Descriptor file, long size, Path data) throws IOException {
        this.file = file;
        this.size = size;
        this.mounted = FuseFile.mount(data, this, FuseOptions.DEFAULT, loops.next());
    }

    /**
     * Mounts it.
     *
     * @param data the LUN's file, which nobody has written yet
     * @param backing where the bytes go
     */
    static FaultyFile over(Path data, Path backing) throws IOException {
        long size = Files.size(data);
        try (var empty = new RandomAccessFile(data.toFile(), "rw")) {
            empty.setLength(0);
        }
        Descriptor file = FileIo.open(backing, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
        FileControl.truncate(file, size);
        return new FaultyFile(file, size, data);
    }

    /** From now on nothing fails. */
    void heal() {
        reads.set(0);
        writes.set(0);
        flushes.set(0);
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    @Override
    public int blockBytes() {
        return BLOCK_BYTES;
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        run(reads, done, () -> FileIo.readFully(file, into, offset));
    }

    @Override
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        run(writes, done, () -> FileIo.writeFully(file, from, offset, 0));
    }

    @Override
    public void flush(IoCompletion done) {
        run(flushes, done, () -> FileControl.fdatasync(file));
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        run(writes, done, () -> FileControl.punchHole(file, offset, length));
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        run(writes, done, () -> FileControl.zeroRange(file, offset, length));
    }

    /** After the target server has closed the file. */
    @Override
    public void close() throws IOException {
        mounted.close();
        loops.close();
        threads.close();
        file.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private void run(AtomicInteger failure, IoCompletion done, Work work) {
        threads.execute(() -> done.complete(errno(failure.get(), work)));
    }

    private static int errno(int failure, Work work) {
        if (failure != 0) {
            return failure;
        }
        try {
            work.run();
            return 0;
        } catch (LinuxException e) {
            return e.errno();
        } catch (IOException e) {
            return Errno.EIO;
        }
    }
}
