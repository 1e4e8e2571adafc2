package dev.lunaria.node.disk;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.disk.fuse.FuseFile;
import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.node.disk.loop.LoopDevice;
import dev.lunaria.node.disk.loop.LoopRecord;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A block device whose bytes come from a {@link BlockIo}: a FUSE file and a loop device over it.
 * Opened, grown and closed by one owner, one call at a time, on a platform thread (all three wait
 * for the kernel); aborted by anybody at any time. What is under way is bounded by {@link
 * FuseOptions}.
 *
 * <p>This process must neither read nor write the device itself: killed meanwhile, it would wait
 * for its own answers (see {@link LoopDevice}). After a SIGKILL, {@link DiskRemains} cleans up.
 */
public final class UserspaceDisk implements AutoCloseable {

    private static final Duration LAST_FLUSH = Duration.ofSeconds(60);

    private final BlockIo io;
    private final boolean readOnly;
    private final FuseFile file;
    private final LoopDevice loop;
    private boolean closed;

    private UserspaceDisk(BlockIo io, boolean readOnly, FuseFile file, LoopDevice loop) {
        this.io = io;
        this.readOnly = readOnly;
        this.file = file;
        this.loop = loop;
    }

    /**
     * Makes the block device. What a crashed process left at the same path is removed first.
     *
     * @param path a file that is ours alone, in an existing folder; made where it is missing,
     *     deleted at {@link #close}
     * @param reader where the kernel's requests are taken; never the caller's own
     * @throws IOException where the kernel can't or won't; nothing is left then
     */
    public static UserspaceDisk open(Path path, BlockIo io, FuseOptions options, IoEventLoop reader)
            throws IOException {
        DiskRemains.removeAt(path);
        FuseFile file = FuseFile.mount(path, io, options, reader);
        try {
            LoopDevice loop = LoopDevice.attach(file.path(), io.blockBytes(), options.readOnly());
            LoopRecord.write(file.path(), loop);
            return new UserspaceDisk(io, options.readOnly(), file, loop);
        } catch (IOException | RuntimeException e) {
            DiskRemains.removeAt(path);
            file.close();
            throw e;
        }
    }

    /** {@code /dev/loopN}. */
    public Path device() {
        return loop.path();
    }

    /** The loop device itself. */
    public LoopDevice loop() {
        return loop;
    }

    /** The file below the device. */
    public FuseFile file() {
        return file;
    }

    /** Whether requests are answered: false after an abort, or when the kernel ended it. */
    public boolean isServing() {
        return file.isServing();
    }

    /**
     * Takes over the size that the {@link BlockIo} has now.
     *
     * @return the device's size in bytes
     */
    public long refreshSize() throws IOException {
        return loop.refreshSize();
    }

    /**
     * Detaches the device, flushes (unless aborted), unmounts and deletes the file. Can be repeated
     * after a failure and goes on where it stopped; a call after success does nothing. Blocks: 10 s
     * at most for the device, 60 s for the flush, 20 s for the file.
     *
     * @throws LinuxException EBUSY while the device is mounted or open: then it goes on working
     * @throws IOException where the last flush failed: all is removed, but bytes may be lost
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        loop.detach();
        try {
            if (!readOnly && file.isServing()) {
                flush();
            }
        } finally {
            file.close();
            Files.deleteIfExists(file.path());
            LoopRecord.delete(file.path());
            closed = true;
        }
    }

    /**
     * Ends all I/O at once: what is under way and what comes later fails with EIO, a mount on the
     * device can then be unmounted without hanging. {@link #close} is still to be called.
     */
    public void abort() throws IOException {
        file.abort();
    }

    private void flush() throws IOException {
        CompletableFuture<Integer> flushed = new CompletableFuture<>();
        io.flush(flushed::complete);
        try {
            int errno = flushed.get(LAST_FLUSH.toSeconds(), TimeUnit.SECONDS);
            if (errno != 0) {
                throw new LinuxException("flush", errno, device().toString());
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException(device() + " was not flushed in " + LAST_FLUSH, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while flushing " + device(), e);
        }
    }
}
